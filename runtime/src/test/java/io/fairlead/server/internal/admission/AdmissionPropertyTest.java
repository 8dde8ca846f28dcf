package io.fairlead.server.internal.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.Priority;
import io.fairlead.security.Caller;
import io.fairlead.server.EchoMethod;
import io.fairlead.server.FakeCall;
import io.fairlead.server.internal.call.DeferredCall;
import io.fairlead.server.internal.call.QuietClose;
import io.fairlead.server.internal.call.ServerMethodConfig;
import io.fairlead.testkit.ManualClock;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Permits never leak and limits always hold, whatever calls do. A seed repeats a failure. */
class AdmissionPropertyTest {
  private static final int METHOD_LIMIT = 3;
  private static final int SERVER_LIMIT = 5;
  private static final ConcurrencyLimits LIMITS =
      ConcurrencyLimits.builder()
          .maxConcurrentCalls(SERVER_LIMIT)
          .maxConcurrentCallsPerMethod(METHOD_LIMIT)
          .maxConcurrentCallsPerCaller(4)
          .queueLimit(4, Duration.ofMillis(100))
          .build();
  private static final List<ServerMethodConfig> METHODS =
      List.of(
          method("test.Echo/A", Priority.SHEDDABLE),
          method("test.Echo/B", Priority.NORMAL),
          method("test.Echo/C", Priority.CRITICAL));

  // Handlers throw on purpose here, and each would be a page in the log.
  private static final Logger QUIET = Logger.getLogger(DeferredCall.class.getName());

  @BeforeAll
  static void hush() {
    QUIET.setLevel(Level.OFF);
  }

  @AfterAll
  static void speak() {
    QUIET.setLevel(null);
  }

  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  private static final List<ConcurrencyLimits> CHANGES =
      List.of(
          LIMITS,
          ConcurrencyLimits.NONE,
          ConcurrencyLimits.builder().maxConcurrentCalls(1).build(),
          LIMITS.toBuilder().maxConcurrentCallsPerCaller(0).build(),
          LIMITS.toBuilder().adaptiveLimit(AdaptiveLimitPolicy.standard()).build(),
          LIMITS.toBuilder()
              .adaptiveLimit(AdaptiveLimitPolicy.builder().between(1, 2, 3).build())
              .queueLimit(1, Duration.ofMillis(10))
              .build());

  @RepeatedTest(200)
  void noPermitLeaksInAnyEventOrder(RepetitionInfo info) {
    play(info, List.of());
    assertThat(most.get()).isLessThanOrEqualTo(SERVER_LIMIT);
  }

  @RepeatedTest(200)
  void noCallIsLostWhenTheLimitsChangeWhileCallsRun(RepetitionInfo info) {
    play(info, CHANGES);
  }

  private void play(RepetitionInfo info, List<ConcurrencyLimits> changes) {
    Random random = new Random(info.getCurrentRepetition());
    ManualClock clock = ManualClock.create();
    AdmissionController controller =
        new AdmissionController(
            LIMITS, METHODS, clock.scheduler(), clock::nanoTime, random::nextDouble);
    List<AdmissionInterceptor> layers = layers(controller);
    List<Played> open = new ArrayList<>();
    for (int step = 0; step < 300; step++) {
      int dice = random.nextInt(10);
      if (!changes.isEmpty() && random.nextInt(10) == 0) {
        controller.change(changes.get(random.nextInt(changes.size())), "live");
      }
      if (dice < 5) {
        open.add(Played.begin(this, layers.get(random.nextInt(3)), random));
      } else if (dice < 9 && !open.isEmpty()) {
        Played one = open.get(random.nextInt(open.size()));
        one.event(random);
      } else {
        clock.advance(Duration.ofMillis(random.nextInt(60)));
      }
      open.removeIf(Played::isOver);
    }
    open.forEach(Played::end);
    // Those who waited were let in when the others ended.
    open.forEach(Played::end);
    // What had room after a change, and was still to start.
    clock.advance(Duration.ZERO);
    open.forEach(Played::end);

    assertNothingLeft(controller);
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  @RepeatedTest(5)
  void noPermitLeaksUnderARace(RepetitionInfo info) throws InterruptedException {
    ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    var threads = Executors.newFixedThreadPool(4);
    try {
      ConcurrencyLimits impatient =
          LIMITS.toBuilder().queueLimit(4, Duration.ofNanos(20_000)).build();
      AdmissionController controller =
          new AdmissionController(impatient, METHODS, timer, System::nanoTime, () -> 0.5);
      List<AdmissionInterceptor> layers = layers(controller);
      CountDownLatch done = new CountDownLatch(4);
      List<Throwable> failures = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        Random random = new Random(info.getCurrentRepetition() * 31L + t);
        threads.execute(
            () -> {
              try {
                race(layers, random);
              } catch (RuntimeException | Error e) {
                synchronized (failures) {
                  failures.add(e);
                }
              } finally {
                done.countDown();
              }
            });
      }
      assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
      timer.shutdown();
      assertThat(timer.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
      synchronized (failures) {
        assertThat(failures).isEmpty();
      }
      assertThat(most.get()).isLessThanOrEqualTo(SERVER_LIMIT);
      assertNothingLeft(controller);
    } finally {
      threads.shutdownNow();
      timer.shutdownNow();
    }
  }

  private void race(List<AdmissionInterceptor> layers, Random random) {
    for (int round = 0; round < 300; round++) {
      List<Played> open = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        open.add(Played.begin(this, layers.get(random.nextInt(3)), random));
      }
      for (int i = 0; i < 12; i++) {
        open.get(random.nextInt(open.size())).event(random);
      }
      open.forEach(Played::end);
      open.forEach(Played::end);
    }
  }

  private static List<AdmissionInterceptor> layers(AdmissionController controller) {
    List<AdmissionInterceptor> layers = new ArrayList<>();
    for (ServerMethodConfig method : METHODS) {
      layers.add(Objects.requireNonNull(controller.admission(method, false)));
    }
    return layers;
  }

  private void assertNothingLeft(AdmissionController controller) {
    assertThat(inside.get()).as("handlers").isZero();
    assertThat(controller.inFlight()).as("permits").isZero();
    assertThat(controller.waiting()).as("waiting").isZero();
    assertThat(controller.activeCallers()).as("callers").isZero();
  }

  private static ServerMethodConfig method(String name, Priority priority) {
    return new ServerMethodConfig(name, true, MethodPolicy.builder().priority(priority).build());
  }

  private void enter() {
    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
  }

  /** A call, its transport and its handler; each does what the dice say. */
  private static final class Played {
    private final FakeCall call = new FakeCall(EchoMethod.SAY);
    private final AdmissionPropertyTest test;
    private ServerCall.Listener<String> listener = QuietClose.noopListener();
    private volatile boolean began;
    private boolean over;
    private boolean halfClosed;
    private volatile boolean begun;

    private Played(AdmissionPropertyTest test) {
      this.test = test;
    }

    static Played begin(AdmissionPropertyTest test, AdmissionInterceptor admission, Random random) {
      Played played = new Played(test);
      boolean startThrows = random.nextInt(10) == 0;
      boolean halfCloseThrows = random.nextInt(10) == 0;
      boolean closesAtOnce = random.nextInt(4) == 0;
      Caller caller = new Caller("caller-" + random.nextInt(3), Set.of());
      Context context = caller.in(Context.ROOT);
      context.run(
          () -> {
            try {
              played.listener =
                  admission.interceptCall(
                      played.call,
                      new Metadata(),
                      played.handler(startThrows, halfCloseThrows, closesAtOnce));
            } catch (Thrown e) {
              played.call.close(Status.UNKNOWN, new Metadata());
            }
          });
      return played;
    }

    private ServerCallHandler<String, String> handler(
        boolean startThrows, boolean halfCloseThrows, boolean closesAtOnce) {
      return (started, headers) -> {
        began = true;
        if (startThrows) {
          throw new Thrown();
        }
        test.enter();
        // Who answers at once answers alone: nobody else may close the call as well.
        if (closesAtOnce) {
          started.close(Status.OK, new Metadata());
        } else {
          begun = true;
        }
        return new ServerCall.Listener<>() {
          @Override
          public void onHalfClose() {
            if (halfCloseThrows) {
              throw new Thrown();
            }
          }

          @Override
          public void onComplete() {
            test.inside.decrementAndGet();
          }

          @Override
          public void onCancel() {
            test.inside.decrementAndGet();
          }
        };
      };
    }

    boolean isOver() {
      return over;
    }

    void event(Random random) {
      if (over) {
        return;
      }
      if (call.closed() != null) {
        complete();
      } else if (random.nextInt(3) == 0) {
        cancel();
      } else if (!halfClosed) {
        halfClose();
      } else if (begun) {
        answer();
      }
    }

    private void halfClose() {
      halfClosed = true;
      try {
        listener.onHalfClose();
      } catch (Thrown e) {
        call.close(Status.UNKNOWN, new Metadata());
      }
    }

    private void answer() {
      try {
        call.close(Status.OK, new Metadata());
      } catch (IllegalStateException closedMeanwhile) {
        assertThat(call.closed()).isNotNull();
      }
    }

    /** As a transport does it: exactly one of the two, last. */
    void end() {
      if (over) {
        return;
      }
      if (call.closed() != null) {
        complete();
      } else {
        cancel();
      }
    }

    private void complete() {
      over = true;
      listener.onComplete();
    }

    private void cancel() {
      over = true;
      call.cancel();
      listener.onCancel();
    }
  }

  private static final class Thrown extends RuntimeException {
    private static final long serialVersionUID = 1;
  }
}
