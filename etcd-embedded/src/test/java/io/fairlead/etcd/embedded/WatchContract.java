package io.fairlead.etcd.embedded;

import static io.fairlead.etcd.embedded.EtcdClient.op;
import static io.fairlead.etcd.embedded.EtcdClient.prefixEnd;
import static io.fairlead.etcd.embedded.EtcdClient.putRequest;
import static io.fairlead.etcd.embedded.EtcdClient.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fairlead.etcd.embedded.api.CompactionRequest;
import io.fairlead.etcd.embedded.api.DeleteRangeRequest;
import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.Event.EventType;
import io.fairlead.etcd.embedded.api.TxnRequest;
import io.fairlead.etcd.embedded.api.WatchCreateRequest;
import io.fairlead.etcd.embedded.api.WatchCreateRequest.FilterType;
import io.fairlead.etcd.embedded.api.WatchResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Watches. */
interface WatchContract extends EtcdApiContract {
  @Test
  default void createdCarriesTheCurrentRevisionAndEventsFollow() {
    long now = client().put(key("a"), "0");
    try (WatchProbe watch = client().watch()) {
      WatchResponse created = watch.create(all());
      assertThat(created.getHeader().getRevision()).isEqualTo(now);
      assertThat(created.getWatchId()).isZero();
      assertThat(created.getEventsList()).isEmpty();

      long put = client().put(key("a"), "1");
      WatchResponse response = watch.next();
      assertThat(response.getHeader().getRevision()).isEqualTo(put);
      assertThat(response.getEventsList())
          .extracting(Event::getType, e -> e.getKv().getValue().toStringUtf8(), Event::hasPrevKv)
          .containsExactly(tuple(EventType.PUT, "1", false));

      long delete = client().delete(key("a"));
      Event deleted = watch.next().getEvents(0);
      assertThat(deleted.getType()).isEqualTo(EventType.DELETE);
      assertThat(deleted.getKv().getKey()).isEqualTo(utf8(key("a")));
      assertThat(deleted.getKv().getModRevision()).isEqualTo(delete);
      assertThat(deleted.getKv().getValue()).isEmpty();
      assertThat(deleted.getKv().getVersion()).isZero();
    }
  }

  @Test
  default void aWatchFromThePastHearsAllSince() {
    long first = client().put(key("a"), "1");
    client().put(key("a"), "2");
    client().delete(key("a"));
    try (WatchProbe watch = client().watch()) {
      watch.create(all().setStartRevision(first));

      assertThat(watch.events(3))
          .extracting(e -> e.getKv().getModRevision(), Event::getType)
          .containsExactly(
              tuple(first, EventType.PUT),
              tuple(first + 1, EventType.PUT),
              tuple(first + 2, EventType.DELETE));
    }
  }

  @Test
  default void aWatchFromTheFutureHearsNothingBefore() {
    long now = client().put(key("a"), "0");
    try (WatchProbe watch = client().watch()) {
      watch.create(all().setStartRevision(now + 2));
      client().put(key("a"), "early");
      long wanted = client().put(key("a"), "wanted");

      Event event = watch.next().getEvents(0);
      assertThat(event.getKv().getModRevision()).isEqualTo(wanted);
    }
  }

  @Test
  default void allEventsOfOneRevisionComeInOneResponse() {
    client().put(key("z"), "old");
    try (WatchProbe watch = client().watch()) {
      watch.create(all());
      TxnRequest.Builder txn = TxnRequest.newBuilder();
      for (int i = 0; i < 100; i++) {
        txn.addSuccess(op(putRequest(key("k" + i), "v")));
      }
      txn.addSuccess(op(DeleteRangeRequest.newBuilder().setKey(utf8(key("z")))));
      var unused = client().kv().txn(txn.build());

      assertThat(watch.next().getEventsList()).hasSize(101);
    }
  }

  @Test
  default void previousValuesComeIfAskedFor() {
    client().put(key("a"), "1");
    try (WatchProbe watch = client().watch()) {
      watch.create(all().setPrevKv(true));
      client().put(key("a"), "2");
      client().delete(key("a"));
      client().put(key("a"), "3");

      List<Event> events = watch.events(3);
      assertThat(events.get(0).getPrevKv().getValue()).isEqualTo(utf8("1"));
      assertThat(events.get(1).getPrevKv().getValue()).isEqualTo(utf8("2"));
      assertThat(events.get(2).hasPrevKv()).isFalse();
    }
  }

  @Test
  default void filtersKeepKindsOfEventsAway() {
    long start = client().put(key("a"), "1");
    client().delete(key("a"));
    try (WatchProbe watch = client().watch()) {
      long noPut =
          watch.create(all().setStartRevision(start).addFilters(FilterType.NOPUT)).getWatchId();
      WatchResponse deleted = watch.next();
      assertThat(deleted.getWatchId()).isEqualTo(noPut);
      assertThat(deleted.getEventsList())
          .extracting(Event::getType)
          .containsExactly(EventType.DELETE);
      watch.cancel(noPut);
      assertThat(watch.next().getCanceled()).isTrue();

      watch.create(all().addFilters(FilterType.NODELETE));
      client().put(key("a"), "2");
      client().delete(key("a"));
      client().put(key("a"), "3");
      assertThat(watch.events(2))
          .extracting(e -> e.getKv().getValue().toStringUtf8())
          .containsExactly("2", "3");
    }
  }

  @Test
  default void aCompactedStartCancelsTheWatchAndSaysWhatIsLeft() {
    long first = client().put(key("a"), "1");
    long now = client().put(key("a"), "2");
    compact(now);
    try (WatchProbe watch = client().watch()) {
      WatchResponse created = watch.create(all().setStartRevision(first));
      assertThat(created.getCanceled()).isFalse();

      WatchResponse canceled = watch.next();
      assertThat(canceled.getWatchId()).isEqualTo(created.getWatchId());
      assertThat(canceled.getCanceled()).isTrue();
      assertThat(canceled.getCompactRevision()).isEqualTo(now);
      assertThat(canceled.getHeader().getRevision()).isZero();
      assertThat(canceled.getEventsList()).isEmpty();
    }
  }

  @Test
  default void theCompactedRevisionItselfCanStillBeWatched() {
    client().put(key("a"), "1");
    long now = client().put(key("a"), "2");
    compact(now);
    try (WatchProbe watch = client().watch()) {
      watch.create(all().setStartRevision(now));

      assertThat(watch.events(1).get(0).getKv().getValue()).isEqualTo(utf8("2"));
    }
  }

  @Test
  default void aCanceledWatchIsConfirmedAndSilent() {
    try (WatchProbe watch = client().watch()) {
      long first = watch.create(all()).getWatchId();
      long second = watch.create(all()).getWatchId();
      assertThat(second).isEqualTo(first + 1);
      watch.cancel(first);
      WatchResponse canceled = watch.next();
      assertThat(canceled.getCanceled()).isTrue();
      assertThat(canceled.getWatchId()).isEqualTo(first);
      assertThat(canceled.getCompactRevision()).isZero();
      watch.cancel(4711);

      client().put(key("a"), "1");
      assertThat(watch.next().getWatchId()).isEqualTo(second);
    }
  }

  @Test
  default void aClientMayChooseWatchIds() {
    try (WatchProbe watch = client().watch()) {
      assertThat(watch.create(all().setWatchId(7)).getWatchId()).isEqualTo(7);
      assertThat(watch.create(all()).getWatchId()).isZero();
      WatchResponse twice = watch.create(all().setWatchId(7));
      assertThat(twice.getWatchId()).isEqualTo(-1);
      assertThat(twice.getCanceled()).isTrue();
      assertThat(twice.getCancelReason())
          .isEqualTo("mvcc: duplicate watch ID provided on the WatchStream");
    }
  }

  @Test
  default void anEmptyRangeIsRefused() {
    try (WatchProbe watch = client().watch()) {
      WatchResponse refused =
          watch.create(
              WatchCreateRequest.newBuilder().setKey(utf8(key("b"))).setRangeEnd(utf8(key("a"))));
      assertThat(refused.getCanceled()).isTrue();
      assertThat(refused.getWatchId()).isEqualTo(-1);
      assertThat(refused.getCancelReason()).isEqualTo("mvcc: watcher range is empty");
    }
  }

  @Test
  default void progressIsToldOnRequest() {
    try (WatchProbe watch = client().watch()) {
      watch.create(all());
      long now = client().put("elsewhere-" + key("a"), "1");
      watch.progress();

      WatchResponse progress = watch.next();
      assertThat(progress.getEventsList()).isEmpty();
      assertThat(progress.getWatchId()).isEqualTo(-1);
      assertThat(progress.getHeader().getRevision()).isGreaterThanOrEqualTo(now);
    }
  }

  @Test
  default void aStreamWithoutRequestsStillBringsEvents() {
    try (WatchProbe watch = client().watch()) {
      watch.create(all());
      watch.halfClose();
      client().put(key("a"), "1");

      assertThat(watch.events(1)).hasSize(1);
    }
  }

  @Test
  default void oneStreamCarriesWatchesOfOneKeyAndOfRanges() {
    try (WatchProbe watch = client().watch()) {
      long one = watch.create(WatchCreateRequest.newBuilder().setKey(utf8(key("a")))).getWatchId();
      long from =
          watch
              .create(
                  WatchCreateRequest.newBuilder().setKey(utf8(key("b"))).setRangeEnd(KeyRange.ZERO))
              .getWatchId();
      client().put(key("a"), "1");
      assertThat(watch.next().getWatchId()).isEqualTo(one);
      client().put(key("b"), "1");
      assertThat(watch.next().getWatchId()).isEqualTo(from);
    }
  }

  @Test
  default void largeResponsesAreFragmentedIfAskedFor() {
    String megabyte = "x".repeat(1024 * 1024);
    long start = client().put(key("a"), megabyte);
    client().put(key("b"), megabyte);
    client().put(key("c"), megabyte);
    try (WatchProbe watch = client().watch()) {
      watch.create(all().setStartRevision(start).setFragment(true));

      WatchResponse first = watch.next();
      assertThat(first.getFragment()).isTrue();
      int events = first.getEventsCount();
      WatchResponse next = first;
      while (next.getFragment()) {
        next = watch.next();
        assertThat(next.getWatchId()).isEqualTo(first.getWatchId());
        events += next.getEventsCount();
      }
      assertThat(events).isEqualTo(3);
    }
  }

  private void compact(long revision) {
    var unused =
        client().kv().compact(CompactionRequest.newBuilder().setRevision(revision).build());
  }

  private WatchCreateRequest.Builder all() {
    return WatchCreateRequest.newBuilder().setKey(utf8(key(""))).setRangeEnd(prefixEnd(key("")));
  }
}
