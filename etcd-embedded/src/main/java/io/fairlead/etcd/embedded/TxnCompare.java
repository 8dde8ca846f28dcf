package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.Compare;
import io.fairlead.etcd.embedded.api.Compare.CompareTarget;
import io.fairlead.etcd.embedded.api.KeyValue;
import java.util.Collection;
import java.util.List;

/** Evaluates the conditions of a transaction. */
final class TxnCompare {
  private TxnCompare() {}

  /** No condition at all holds. */
  static boolean holds(KeyStore store, List<Compare> compares) {
    return compares.stream().allMatch(compare -> holds(store, compare));
  }

  private static boolean holds(KeyStore store, Compare compare) {
    Collection<KeyValue> found = store.list(KeyRange.of(compare.getKey(), compare.getRangeEnd()));
    if (!found.isEmpty()) {
      return found.stream().allMatch(value -> holds(compare, value));
    }
    // An absent key counts as one with all numbers 0, but has no value to compare with.
    return compare.getTarget() != CompareTarget.VALUE
        && holds(compare, KeyValue.getDefaultInstance());
  }

  private static boolean holds(Compare compare, KeyValue value) {
    int order =
        switch (compare.getTarget()) {
          case VERSION -> Long.compare(value.getVersion(), compare.getVersion());
          case CREATE -> Long.compare(value.getCreateRevision(), compare.getCreateRevision());
          case MOD -> Long.compare(value.getModRevision(), compare.getModRevision());
          case LEASE -> Long.compare(value.getLease(), compare.getLease());
          case VALUE -> compareBytes(value.getValue(), compare.getValue());
          case UNRECOGNIZED -> 0;
        };
    return switch (compare.getResult()) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case GREATER -> order > 0;
      case LESS -> order < 0;
      case UNRECOGNIZED -> true;
    };
  }

  private static int compareBytes(ByteString left, ByteString right) {
    return KeyRange.ORDER.compare(left, right);
  }
}
