package io.fairlead.samples.aiplatform.capture;

import com.rabbitmq.client.ShutdownSignalException;
import io.fairlead.samples.aiplatform.api.events.ImageCaptured;
import io.fairlead.samples.aiplatform.common.CrashPoint;
import io.fairlead.samples.aiplatform.events.EventPublisher;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Carries events from the outbox to the broker, in order, and forgets those that the broker has on
 * its disk. While the broker is away they wait.
 *
 * <p>A crash between the two sends some of them again. Their keys stay the same.
 */
final class OutboxRelay implements AutoCloseable {
  private static final int AT_ONCE = 100;
  private static final long AGAIN_MILLIS = 200;

  private final URI broker;
  private final Outbox outbox;
  private final ImageStore store;
  private final CrashPoint crash;
  private final Thread thread;

  OutboxRelay(URI broker, Outbox outbox, ImageStore store, CrashPoint crash) {
    this.broker = broker;
    this.outbox = outbox;
    this.store = store;
    this.crash = crash;
    this.thread = new Thread(this::work, "outbox");
    thread.setDaemon(true);
    thread.start();
  }

  private void work() {
    try {
      while (true) {
        try (EventPublisher publisher = EventPublisher.connect(broker, "outbox")) {
          relay(publisher);
        } catch (IOException | TimeoutException | ShutdownSignalException e) {
          System.getLogger(OutboxRelay.class.getName())
              .log(System.Logger.Level.INFO, "the broker is away: {0}", e.toString());
        }
        TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      System.getLogger(OutboxRelay.class.getName())
          .log(System.Logger.Level.ERROR, "the outbox cannot be read; no event is sent", e);
    }
  }

  private void relay(EventPublisher publisher)
      throws IOException, TimeoutException, SQLException, InterruptedException {
    while (true) {
      List<Outbox.Entry> entries = outbox.next(AT_ONCE);
      if (entries.isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
        continue;
      }
      publisher.publish(entries.stream().map(entry -> event(entry.imageId())).toList());
      crash.pass("published");
      outbox.sent(entries);
    }
  }

  private ImageCaptured event(String imageId) {
    return ImageCaptured.newBuilder().setKey(imageId).setImage(store.find(imageId)).build();
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
