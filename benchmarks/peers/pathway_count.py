"""Pathway counting events per user: its JSON reader, mini-batches of 100 ms, one worker, state in memory."""

import pathway as pw

from benchmarks.peers.pathway_source import events, watch

if __name__ == "__main__":
    read = events()
    counted = read.groupby(read.subject).reduce(read.subject, count=pw.reducers.count())
    pw.io.null.write(counted)
    watch(read)
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)
