package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One watch on one stream. It never resumes by itself: it ends, says so once, and whoever wants to
 * know more reads the range again.
 */
final class WatchCall extends ClientCall.Listener<WatchResponse> {

  /** Hears of what comes, on the loop. */
  interface Listener {
    /** All that came since the last time, in order; never empty. */
    void onResponses(List<WatchResponse> responses);

    /** The stream is over, whoever ended it; nothing comes any more. */
    void onEnd(EtcdException failure);
  }

  /** So many may wait for the loop: when it is slow, that holds etcd back, and not our memory. */
  private static final int AHEAD = 64;

  private final EventLoop eventLoop;
  private final String endpoint;
  private final KeyRange range;
  private final Listener listener;
  private final Queue<WatchResponse> arrived = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean loopCalled = new AtomicBoolean();
  private @Nullable ClientCall<WatchRequest, WatchResponse> call;
  private boolean over;

  private WatchCall(EventLoop eventLoop, String endpoint, KeyRange range, Listener listener) {
    this.eventLoop = eventLoop;
    this.endpoint = endpoint;
    this.range = range;
    this.listener = listener;
  }

  static WatchCall start(
      EventLoop eventLoop, Session session, KeyRange range, long fromRevision, Listener listener) {
    WatchCall watch = new WatchCall(eventLoop, session.endpoint(), range, listener);
    ClientCall<WatchRequest, WatchResponse> call =
        session.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
    watch.call = call;
    call.start(watch, new Metadata());
    call.request(AHEAD);
    call.sendMessage(
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder()
                    .setKey(range.from())
                    .setRangeEnd(range.end())
                    .setStartRevision(fromRevision)
                    .setProgressNotify(true))
            .build());
    return watch;
  }

  /** Ends the stream; the listener hears nothing any more. */
  void cancel() {
    over = true;
    if (call != null) {
      call.cancel("no longer wanted", null);
    }
  }

  @Override
  public void onMessage(WatchResponse response) {
    arrived.add(response);
    if (loopCalled.compareAndSet(false, true)) {
      eventLoop.execute(this::deliver);
    }
  }

  /** The further behind the loop is, the more it takes at once. */
  private void deliver() {
    // First: what comes from now on calls again.
    loopCalled.set(false);
    List<WatchResponse> responses = new ArrayList<>();
    for (WatchResponse one = arrived.poll(); one != null; one = arrived.poll()) {
      responses.add(one);
    }
    if (over || responses.isEmpty()) {
      return;
    }
    listener.onResponses(responses);
    if (call != null) {
      call.request(responses.size());
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    eventLoop.execute(
        () -> {
          if (!over) {
            over = true;
            listener.onEnd(
                status.isOk()
                    ? new EtcdException(
                        EtcdException.Kind.UNREACHABLE,
                        "etcd at " + endpoint + " ended the watch in good order")
                    : EtcdException.of(endpoint, "watch " + range, status));
          }
        });
  }
}
