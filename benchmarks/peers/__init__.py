"""Other stream processors, doing less: reading the same topic and counting events per user."""
