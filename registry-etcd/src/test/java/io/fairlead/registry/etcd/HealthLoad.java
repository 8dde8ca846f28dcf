package io.fairlead.registry.etcd;

import io.grpc.Channel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Two threads that call the servers' health service without a pause. */
final class HealthLoad implements AutoCloseable {
  static final int CALLERS = 2;

  private final HealthGrpc.HealthBlockingStub stub;
  private final AtomicLong calls = new AtomicLong();
  private final List<RuntimeException> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> callers;
  private volatile boolean stopped;

  private HealthLoad(Channel channel) {
    stub = HealthGrpc.newBlockingStub(channel).withWaitForReady();
    callers = Stream.generate(() -> new Thread(this::call, "caller")).limit(CALLERS).toList();
  }

  static HealthLoad start(Channel channel) {
    HealthLoad load = new HealthLoad(channel);
    load.callers.forEach(Thread::start);
    return load;
  }

  private void call() {
    while (!stopped) {
      try {
        stub.withDeadlineAfter(java.time.Duration.ofMinutes(1))
            .check(HealthCheckRequest.getDefaultInstance());
      } catch (RuntimeException e) {
        failures.add(e);
      }
      calls.incrementAndGet();
    }
  }

  long calls() {
    return calls.get();
  }

  /** Until so many more calls have ended. */
  void awaitMore(int count) {
    long until = calls.get() + count;
    RegistryContract.soon(count + " more calls", () -> calls.get() >= until);
  }

  List<RuntimeException> failures() {
    return failures;
  }

  @Override
  public void close() {
    stopped = true;
    for (Thread caller : callers) {
      try {
        caller.join(60_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
