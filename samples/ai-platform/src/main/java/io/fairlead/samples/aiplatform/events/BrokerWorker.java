package io.fairlead.samples.aiplatform.events;

import com.rabbitmq.client.Connection;
import java.util.concurrent.TimeUnit;

/**
 * Works with a connection to the broker, on a thread of its own. When the connection is lost or the
 * work fails, it connects again and begins anew, until it is closed.
 */
public final class BrokerWorker implements AutoCloseable {
  private static final long AGAIN_MILLIS = 200;

  /** What is done with a connection. */
  @FunctionalInterface
  public interface Work {
    /** Works until the connection ends, or the thread is interrupted. */
    void with(Connection connection) throws Exception;
  }

  private final BrokerLink broker;
  private final String name;
  private final Work work;
  private final Thread thread;

  /**
   * Begins to work.
   *
   * @param name what the broker calls the connection
   */
  public BrokerWorker(BrokerLink broker, String name, Work work) {
    this.broker = broker;
    this.name = name;
    this.work = work;
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        once();
        TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void once() throws InterruptedException {
    try {
      Connection connection = Exchange.connect(broker, name);
      try {
        work.with(connection);
      } finally {
        connection.abort();
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      System.getLogger(BrokerWorker.class.getName())
          .log(System.Logger.Level.INFO, "{0} begins again: {1}", name, e.toString());
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
