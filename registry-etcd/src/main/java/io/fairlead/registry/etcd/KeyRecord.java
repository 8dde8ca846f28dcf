package io.fairlead.registry.etcd;

/**
 * A key as etcd has it.
 *
 * @param createRevision when the key came into being; changes only if it was deleted in between
 * @param modRevision when it was written last
 * @param lease that it hangs on, or 0
 */
record KeyRecord(String key, String value, long createRevision, long modRevision, long lease) {}
