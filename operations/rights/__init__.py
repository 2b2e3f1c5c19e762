"""What each role must be allowed to do in Kafka and in Redis, and nothing else: for whoever guards these."""
