package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import io.fairlead.etcd.embedded.api.KeyValue;
import io.fairlead.etcd.embedded.api.RangeRequest;
import io.fairlead.etcd.embedded.api.RangeRequest.SortOrder;
import io.fairlead.etcd.embedded.api.RangeRequest.SortTarget;
import io.fairlead.etcd.embedded.api.RangeResponse;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/** Answers range requests: select, then filter, then sort, then cut, as etcd does. */
final class RangeReader {
  private RangeReader() {}

  /**
   * Reads without a header.
   *
   * @param current the revision that the reader is at
   */
  static RangeResponse.Builder read(KeyStore store, RangeRequest request, long current) {
    Collection<KeyValue> all = select(store, request, current);
    RangeResponse.Builder response = RangeResponse.newBuilder().setCount(all.size());
    if (request.getCountOnly()) {
      return response;
    }
    List<KeyValue> found = all.stream().filter(bounds(request)).sorted(order(request)).toList();
    long limit = request.getLimit();
    if (limit > 0 && found.size() > limit) {
      found = found.subList(0, (int) limit);
      response.setMore(true);
    }
    for (KeyValue value : found) {
      response.addKvs(
          request.getKeysOnly() ? value.toBuilder().setValue(ByteString.EMPTY).build() : value);
    }
    return response;
  }

  private static Collection<KeyValue> select(KeyStore store, RangeRequest request, long current) {
    KeyRange range = KeyRange.of(request.getKey(), request.getRangeEnd());
    long revision = request.getRevision();
    if (revision > current) {
      throw EtcdErrors.FUTURE_REVISION.asRuntimeException();
    }
    if (revision <= 0 || revision == current) {
      return store.list(range);
    }
    if (revision < store.compacted()) {
      throw EtcdErrors.COMPACTED.asRuntimeException();
    }
    return store.list(range, revision);
  }

  private static Predicate<KeyValue> bounds(RangeRequest request) {
    long minMod = request.getMinModRevision();
    long maxMod = request.getMaxModRevision();
    long minCreate = request.getMinCreateRevision();
    long maxCreate = request.getMaxCreateRevision();
    return value ->
        (minMod == 0 || value.getModRevision() >= minMod)
            && (maxMod == 0 || value.getModRevision() <= maxMod)
            && (minCreate == 0 || value.getCreateRevision() >= minCreate)
            && (maxCreate == 0 || value.getCreateRevision() <= maxCreate);
  }

  /** Sorting by anything but the key without naming an order means ascending. */
  private static Comparator<KeyValue> order(RangeRequest request) {
    SortTarget target = request.getSortTarget();
    Comparator<KeyValue> ascending =
        switch (target) {
          case VERSION -> Comparator.comparingLong(KeyValue::getVersion);
          case CREATE -> Comparator.comparingLong(KeyValue::getCreateRevision);
          case MOD -> Comparator.comparingLong(KeyValue::getModRevision);
          case VALUE -> Comparator.comparing(KeyValue::getValue, KeyRange.ORDER);
          case KEY, UNRECOGNIZED -> Comparator.comparing(KeyValue::getKey, KeyRange.ORDER);
        };
    return request.getSortOrder() == SortOrder.DESCEND ? ascending.reversed() : ascending;
  }
}
