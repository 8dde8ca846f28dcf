package io.fairlead.internal.executor;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a real event loop and a real pool. The limits of time are ceilings for a hang. */
@Timeout(60)
final class HandlerBatchesTest {
  private final EventLoopGroup group = ServerLoop.group("test-loop", NioIoHandler.newFactory());
  private final EventLoop loop = group.next();
  private final ElasticHandlerPool pool =
      new ElasticHandlerPool("test-handlers", 8, 6, Duration.ofSeconds(30));
  private final HandlerPace brief = new HandlerPace();

  HandlerBatchesTest() {
    for (int i = 0; i < 200; i++) {
      brief.record(1_000);
    }
  }

  @AfterEach
  void close() throws InterruptedException {
    pool.close();
    assertTrue(pool.awaitEnd(Duration.ofSeconds(30)));
    assertTrue(group.shutdownGracefully(0, 10, TimeUnit.SECONDS).await(30, TimeUnit.SECONDS));
  }

  private record Task(Runnable code, AtomicReference<RejectedExecutionException> rejection)
      implements HandlerTask {
    static Task of(Runnable code) {
      return new Task(code, new AtomicReference<>());
    }

    @Override
    public void run() {
      code.run();
    }

    @Override
    public void onRejected(RejectedExecutionException why) {
      rejection.set(why);
    }
  }

  /** Hands all of them over in one turn of the loop. */
  private void inOneTurn(List<Task> tasks) throws InterruptedException {
    loop.submit(() -> tasks.forEach(task -> HandlerBatches.run(task, brief, pool))).sync();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits for a task that the loop gets now. */
  private void awaitLoop() {
    CountDownLatch onLoop = new CountDownLatch(1);
    loop.execute(onLoop::countDown);
    await(onLoop);
  }

  @Test
  void briefHandlersOfOneTurnShareAThread() throws InterruptedException {
    int threads;
    do {
      // A thread that the machine suspends looks like one that waits, and loses those behind it.
      threads = threadsOfOneTurn();
    } while (threads != 1);
  }

  private int threadsOfOneTurn() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(HandlerBatch.MOST_TASKS);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < HandlerBatch.MOST_TASKS; i++) {
      tasks.add(
          Task.of(
              () -> {
                threads.add(Thread.currentThread());
                done.countDown();
              }));
    }
    inOneTurn(tasks);
    await(done);
    return threads.size();
  }

  @Test
  void aTurnWithMoreThanABatchIsSharedByThreads() throws InterruptedException {
    CountDownLatch two = new CountDownLatch(2);
    CountDownLatch done = new CountDownLatch(HandlerBatch.MOST_TASKS + 1);
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i <= HandlerBatch.MOST_TASKS; i++) {
      boolean meets = i == 0 || i == HandlerBatch.MOST_TASKS;
      tasks.add(
          Task.of(
              () -> {
                if (meets) {
                  two.countDown();
                  await(two);
                }
                done.countDown();
              }));
    }
    inOneTurn(tasks);
    await(done);
  }

  @Test
  void oneHandlerAloneIsHandedOverToo() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    inOneTurn(List.of(Task.of(done::countDown)));
    await(done);
  }

  @Test
  void aHandlerThatWaitsDoesNotHoldUpThoseBehindIt() throws InterruptedException {
    CountDownLatch last = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(2);
    List<Task> tasks = new ArrayList<>();
    tasks.add(
        Task.of(
            () -> {
              await(last);
              done.countDown();
            }));
    for (int i = 0; i < 5; i++) {
      tasks.add(Task.of(() -> await(last)));
    }
    tasks.add(
        Task.of(
            () -> {
              last.countDown();
              done.countDown();
            }));
    inOneTurn(tasks);
    await(done);
  }

  @Test
  void aHandlerMayWaitForItsOwnLoop() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(2);
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      tasks.add(
          Task.of(
              () -> {
                awaitLoop();
                done.countDown();
              }));
    }
    inOneTurn(tasks);
    await(done);
  }

  @Test
  void whatALateHandlerSendsAfterItHasStoodStillIsSentAtOnce() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    List<Task> tasks = new ArrayList<>();
    tasks.add(Task.of(() -> {}));
    tasks.add(
        Task.of(
            () -> {
              // None if the machine was so slow that the loop gave this one a thread of its own.
              HandlerBatch batch = HandlerBatch.current((ServerLoop) loop);
              while (batch != null && batch.isDeferring()) {
                Thread.onSpinWait();
              }
              awaitLoop();
              done.countDown();
            }));
    inOneTurn(tasks);
    await(done);
  }

  @Test
  void aHandlerThatThrowsDoesNotTakeTheOthersWithIt() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    inOneTurn(
        List.of(
            Task.of(
                () -> {
                  Thread.currentThread().setUncaughtExceptionHandler((thread, thrown) -> {});
                  throw new IllegalStateException("on purpose");
                }),
            Task.of(done::countDown)));
    await(done);
  }

  @Test
  void eachHandlerHearsThatNoThreadIsLeft() throws InterruptedException {
    pool.close();
    List<Task> tasks = List.of(Task.of(() -> {}), Task.of(() -> {}), Task.of(() -> {}));
    inOneTurn(tasks);
    loop.submit(() -> {}).sync();
    for (Task task : tasks) {
      assertEquals("test-handlers is closed", requireNonNull(task.rejection().get()).getMessage());
    }
  }
}
