package io.fairlead.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.WatchCancelRequest;
import io.fairlead.etcd.embedded.api.WatchCreateRequest;
import io.fairlead.etcd.embedded.api.WatchGrpc;
import io.fairlead.etcd.embedded.api.WatchProgressRequest;
import io.fairlead.etcd.embedded.api.WatchRequest;
import io.fairlead.etcd.embedded.api.WatchResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A watch stream whose responses are taken one by one. */
final class WatchProbe implements AutoCloseable {
  /** Real servers answer in milliseconds; only a hang comes near this. */
  private static final int CEILING_SECONDS = 20;

  private sealed interface Heard {
    record Response(WatchResponse response) implements Heard {}

    record End(Status status) implements Heard {}
  }

  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final ClientCallStreamObserver<WatchRequest> requests;

  WatchProbe(Channel channel) {
    this.requests =
        (ClientCallStreamObserver<WatchRequest>) WatchGrpc.newStub(channel).watch(new Responses());
  }

  /** Asks for a watch and takes the response to that. */
  WatchResponse create(WatchCreateRequest.Builder request) {
    request(request);
    WatchResponse response = next();
    assertThat(response.getCreated()).as("created, in %s", response).isTrue();
    return response;
  }

  /** Asks for a watch. */
  void request(WatchCreateRequest.Builder request) {
    requests.onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
  }

  void cancel(long id) {
    requests.onNext(
        WatchRequest.newBuilder()
            .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
            .build());
  }

  void progress() {
    requests.onNext(
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build());
  }

  void halfClose() {
    requests.onCompleted();
  }

  WatchResponse next() {
    Heard next = take();
    if (next instanceof Heard.Response response) {
      return response.response();
    }
    throw new AssertionError("Wanted a watch response, but " + next);
  }

  Status end() {
    Heard next = take();
    if (next instanceof Heard.End end) {
      return end.status();
    }
    throw new AssertionError("Wanted the end of the stream, but " + next);
  }

  /** Takes responses until there are {@code count} events. */
  List<Event> events(int count) {
    List<Event> events = new ArrayList<>();
    while (events.size() < count) {
      events.addAll(next().getEventsList());
    }
    assertThat(events).hasSize(count);
    return events;
  }

  private Heard take() {
    try {
      Heard next = heard.poll(CEILING_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("Nothing on the watch stream within " + CEILING_SECONDS + "s");
      }
      return next;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    requests.cancel("the test is over", null);
  }

  private final class Responses implements StreamObserver<WatchResponse> {
    @Override
    public void onNext(WatchResponse response) {
      heard.add(new Heard.Response(response));
    }

    @Override
    public void onError(Throwable t) {
      heard.add(new Heard.End(Status.fromThrowable(t)));
    }

    @Override
    public void onCompleted() {
      heard.add(new Heard.End(Status.OK));
    }
  }
}
