package io.fairlead.registry.etcd;

import java.util.List;

/** All keys of a range at one revision, in order. */
record Listing(long cluster, long revision, List<StoredKey> keys) {}
