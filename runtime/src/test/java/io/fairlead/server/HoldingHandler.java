package io.fairlead.server;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.Source;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/** Answers "x" at once; whatever else it is asked it holds until it is interrupted or told. */
public final class HoldingHandler implements io.fairlead.contract.Echo {
  private final Semaphore began = new Semaphore(0);
  private final CountDownLatch over = new CountDownLatch(1);
  private final boolean stubborn;
  private final CountDownLatch interrupted = new CountDownLatch(1);

  /**
   * @param stubborn whether it goes on when it is interrupted
   */
  public HoldingHandler(boolean stubborn) {
    this.stubborn = stubborn;
  }

  /** Waits for so many calls to be held. */
  public void awaitHeld(int calls) throws InterruptedException {
    began.acquire(calls);
  }

  /** Whether any call has come so far. */
  boolean holds() {
    return began.availablePermits() > 0;
  }

  public void letGo() {
    over.countDown();
  }

  public void awaitInterrupted() throws InterruptedException {
    interrupted.await();
  }

  private void hold() {
    began.release();
    boolean done = false;
    while (!done) {
      try {
        over.await();
        done = true;
      } catch (InterruptedException e) {
        interrupted.countDown();
        done = !stubborn;
      }
    }
  }

  @Override
  public StringValue say(StringValue request) {
    if (!request.getValue().equals("x")) {
      hold();
    }
    return request;
  }

  @Override
  public Source<Int64Value> count(Int64Value request) {
    return Source.from(
        out -> {
          out.send(request);
          hold();
        });
  }

  @Override
  public Int64Value sum(Source<Int64Value> requests) {
    requests.read();
    hold();
    return Int64Value.getDefaultInstance();
  }

  @Override
  public Source<StringValue> chat(Source<StringValue> requests) {
    began.release();
    // Answered by the event loop, as requests come: no thread holds it.
    return requests;
  }
}
