package io.fairlead.registry.etcd;

/** A cheap summary of a range: two lists of one store that agree in it are the same. */
record RangeDigest(long cluster, long revision, long count, long latestModRevision) {}
