package io.fairlead.registry.etcd;

import java.util.List;

/** All keys of a range at one revision, in order. */
record RangeSnapshot(long cluster, long revision, List<KeyRecord> keys) {}
