package io.fairlead.bench.soak;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counts every call that was started, and how often it was told its end. */
final class Tally implements ClientInterceptor {
  private static final int KEPT = 10;

  private final LongAdder started = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final LongAdder endedAgain = new LongAdder();
  private final Map<Status.Code, LongAdder> codes = new ConcurrentHashMap<>();
  private final LongAdder wrong = new LongAdder();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        started.increment();
        super.start(counted(listener), headers);
      }
    };
  }

  private <R> ClientCall.Listener<R> counted(ClientCall.Listener<R> listener) {
    AtomicInteger ends = new AtomicInteger();
    return new SimpleForwardingClientCallListener<>(listener) {
      @Override
      public void onClose(Status status, Metadata trailers) {
        if (ends.incrementAndGet() == 1) {
          ended.increment();
          codes.computeIfAbsent(status.getCode(), code -> new LongAdder()).increment();
        } else {
          endedAgain.increment();
        }
        super.onClose(status, trailers);
      }
    };
  }

  /** An answer that does not belong to its question, or a failure that nothing explains. */
  void wrong(String what) {
    wrong.increment();
    if (faults.size() < KEPT) {
      faults.add(what);
    }
  }

  long started() {
    return started.sum();
  }

  long unanswered() {
    return started.sum() - ended.sum();
  }

  long answeredAgain() {
    return endedAgain.sum();
  }

  long wrongOnes() {
    return wrong.sum();
  }

  Queue<String> faults() {
    return faults;
  }

  Map<Status.Code, Long> codes() {
    Map<Status.Code, Long> sums = new TreeMap<>();
    codes.forEach((code, count) -> sums.put(code, count.sum()));
    return sums;
  }
}
