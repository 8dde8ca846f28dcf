package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.OpenStreams.Cut;
import io.fairlead.etcd.embedded.api.WatchResponse;
import io.grpc.stub.ServerCallStreamObserver;
import org.jspecify.annotations.Nullable;

/** A client's watch stream, and the fault that a test may have planned for it. */
final class WatchSink implements WatchStream.Sink {
  private final ServerCallStreamObserver<WatchResponse> client;
  private final OpenStreams streams;
  private final @Nullable Cut cut;
  private int sent;
  private boolean ended;

  WatchSink(ServerCallStreamObserver<WatchResponse> client, OpenStreams streams) {
    this.client = client;
    this.streams = streams;
    this.cut = streams.nextCut();
  }

  void begin() {
    endIfDue();
  }

  @Override
  public boolean isReady() {
    return !ended && client.isReady();
  }

  @Override
  public void send(WatchResponse response) {
    if (ended) {
      return;
    }
    streams.send(client, response);
    sent++;
    endIfDue();
  }

  private void endIfDue() {
    if (cut != null && sent >= cut.afterResponses()) {
      ended = true;
      streams.end(client, cut.status());
    }
  }
}
