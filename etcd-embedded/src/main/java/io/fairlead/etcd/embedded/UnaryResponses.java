package io.fairlead.etcd.embedded;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** Sends the outcome of a request. */
final class UnaryResponses {
  private static final System.Logger LOG = System.getLogger(EmbeddedEtcd.class.getName());

  private UnaryResponses() {}

  static <R> void reply(StreamObserver<R> observer, Supplier<R> request) {
    R response;
    try {
      response = request.get();
    } catch (StatusRuntimeException refused) {
      observer.onError(refused);
      return;
    } catch (RuntimeException bug) {
      observer.onError(broken(bug));
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }

  /** Returns what the client hears of a fault of ours. */
  static StatusRuntimeException broken(RuntimeException bug) {
    LOG.log(System.Logger.Level.ERROR, "Fairlead's embedded etcd failed at a request", bug);
    return Status.INTERNAL
        .withDescription("Fairlead's embedded etcd failed: " + bug)
        .asRuntimeException();
  }
}
