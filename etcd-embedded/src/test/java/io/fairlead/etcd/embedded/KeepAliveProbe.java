package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.LeaseGrpc;
import io.fairlead.etcd.embedded.api.LeaseKeepAliveRequest;
import io.fairlead.etcd.embedded.api.LeaseKeepAliveResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A keep-alive stream, one question at a time. */
final class KeepAliveProbe implements AutoCloseable {
  /** Real servers answer in milliseconds; only a hang comes near this. */
  private static final int CEILING_SECONDS = 20;

  private final BlockingQueue<LeaseKeepAliveResponse> answers = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final ClientCallStreamObserver<LeaseKeepAliveRequest> requests;

  KeepAliveProbe(Channel channel) {
    requests =
        (ClientCallStreamObserver<LeaseKeepAliveRequest>)
            LeaseGrpc.newStub(channel).leaseKeepAlive(new Answers());
  }

  LeaseKeepAliveResponse ask(long lease) {
    requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
    try {
      LeaseKeepAliveResponse answer = answers.poll(CEILING_SECONDS, TimeUnit.SECONDS);
      if (answer == null) {
        throw new AssertionError("No answer to a keep-alive within " + CEILING_SECONDS + "s");
      }
      return answer;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  Status halfClose() {
    requests.onCompleted();
    return end();
  }

  Status end() {
    return end.orTimeout(CEILING_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    requests.cancel("the test is over", null);
  }

  private final class Answers implements StreamObserver<LeaseKeepAliveResponse> {
    @Override
    public void onNext(LeaseKeepAliveResponse answer) {
      answers.add(answer);
    }

    @Override
    public void onError(Throwable t) {
      end.complete(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }
}
