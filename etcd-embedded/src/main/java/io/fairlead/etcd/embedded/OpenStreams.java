package io.fairlead.etcd.embedded;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The long-lived streams of the server, so that a test can end them. Safe for many threads. */
final class OpenStreams {
  /** When and how the next watch stream is to end. */
  record Cut(int afterResponses, Status status) {}

  private final Set<StreamObserver<?>> open = ConcurrentHashMap.newKeySet();

  @GuardedBy("this")
  private final Queue<Cut> cuts = new ArrayDeque<>();

  void add(StreamObserver<?> stream) {
    open.add(stream);
  }

  void remove(StreamObserver<?> stream) {
    open.remove(stream);
  }

  int count() {
    return open.size();
  }

  void endAll(Status status) {
    for (StreamObserver<?> stream : List.copyOf(open)) {
      end(stream, status);
    }
  }

  /** OK is a server that completes the stream in an orderly way. Ends each stream once. */
  void end(StreamObserver<?> stream, Status status) {
    // A call of gRPC takes one thread at a time: a test ends what the event loop writes to.
    synchronized (stream) {
      if (!open.remove(stream)) {
        return;
      }
      if (status.isOk()) {
        stream.onCompleted();
      } else {
        stream.onError(status.asRuntimeException());
      }
    }
  }

  /** Sends, unless the stream has ended. */
  <T> void send(StreamObserver<T> stream, T message) {
    synchronized (stream) {
      if (open.contains(stream)) {
        stream.onNext(message);
      }
    }
  }

  synchronized void scheduleCut(Cut cut) {
    cuts.add(cut);
  }

  synchronized @Nullable Cut nextCut() {
    return cuts.poll();
  }
}
