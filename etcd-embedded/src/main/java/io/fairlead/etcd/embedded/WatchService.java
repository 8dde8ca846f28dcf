package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.WatchGrpc;
import io.fairlead.etcd.embedded.api.WatchRequest;
import io.fairlead.etcd.embedded.api.WatchResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/** {@code etcdserverpb.Watch}. */
final class WatchService extends WatchGrpc.WatchImplBase {
  private final EtcdStateMachine machine;
  private final OpenStreams streams;

  WatchService(EtcdStateMachine machine, OpenStreams streams) {
    this.machine = machine;
    this.streams = streams;
  }

  @Override
  public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
    ServerCallStreamObserver<WatchResponse> client =
        (ServerCallStreamObserver<WatchResponse>) responses;
    WatchSink sink = new WatchSink(client, streams);
    WatchStream stream = machine.openWatch(sink);
    streams.add(client);
    client.setOnReadyHandler(() -> machine.locked(stream::catchUp));
    client.setOnCancelHandler(() -> closed(client, stream));
    client.setOnCloseHandler(() -> closed(client, stream));
    machine.locked(sink::begin);
    return new Requests(stream);
  }

  private void closed(StreamObserver<WatchResponse> client, WatchStream stream) {
    streams.remove(client);
    machine.locked(stream::close);
  }

  private final class Requests implements StreamObserver<WatchRequest> {
    private final WatchStream stream;

    Requests(WatchStream stream) {
      this.stream = stream;
    }

    @Override
    public void onNext(WatchRequest request) {
      machine.locked(
          () -> {
            switch (request.getRequestUnionCase()) {
              case CREATE_REQUEST -> stream.create(request.getCreateRequest());
              case CANCEL_REQUEST -> stream.cancel(request.getCancelRequest().getWatchId());
              case PROGRESS_REQUEST -> stream.progress();
              // etcd lets a request that it does not know pass.
              case REQUESTUNION_NOT_SET -> {}
            }
          });
    }

    @Override
    public void onError(Throwable gone) {
      machine.locked(stream::close);
    }

    /** As in etcd, a client that has no more requests still gets its events. */
    @Override
    public void onCompleted() {}
  }
}
