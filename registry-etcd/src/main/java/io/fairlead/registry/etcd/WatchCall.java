package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * One watch on one stream. It never resumes by itself: it ends, says so once, and whoever wants to
 * know more reads the range again.
 */
final class WatchCall extends ClientCall.Listener<WatchResponse> {

  /** Hears of what comes, on the loop. */
  interface Listener {
    void onResponse(WatchResponse response);

    /** The stream is over, whoever ended it; nothing comes any more. */
    void onEnd(Trouble trouble);
  }

  private final Loop loop;
  private final String endpoint;
  private final Listener listener;
  private @Nullable ClientCall<WatchRequest, WatchResponse> call;
  private boolean over;

  private WatchCall(Loop loop, String endpoint, Listener listener) {
    this.loop = loop;
    this.endpoint = endpoint;
    this.listener = listener;
  }

  static WatchCall start(
      Loop loop, Session session, KeyRange range, long fromRevision, Listener listener) {
    WatchCall watch = new WatchCall(loop, session.endpoint(), listener);
    ClientCall<WatchRequest, WatchResponse> call =
        session.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
    watch.call = call;
    call.start(watch, new Metadata());
    call.request(1);
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
    loop.execute(
        () -> {
          if (!over) {
            listener.onResponse(response);
            // Asked for only now: a slow loop holds etcd back, not our memory.
            if (call != null) {
              call.request(1);
            }
          }
        });
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    loop.execute(
        () -> {
          if (!over) {
            over = true;
            listener.onEnd(
                status.isOk()
                    ? new Trouble(
                        Trouble.Kind.UNREACHABLE, endpoint + " ended the watch in good order")
                    : Trouble.of(endpoint, "a watch", status));
          }
        });
  }
}
