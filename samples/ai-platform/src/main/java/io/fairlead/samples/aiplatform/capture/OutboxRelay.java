package io.fairlead.samples.aiplatform.capture;

import com.rabbitmq.client.Connection;
import io.fairlead.samples.aiplatform.api.events.ImageCaptured;
import io.fairlead.samples.aiplatform.common.CrashPoint;
import io.fairlead.samples.aiplatform.events.BrokerWorker;
import io.fairlead.samples.aiplatform.events.EventPublisher;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Carries events from the outbox to the broker, in order, and forgets those that the broker has on
 * its disk. While the broker or the database is away they wait.
 *
 * <p>A crash between the two sends some of them again. Their keys stay the same.
 */
final class OutboxRelay implements BrokerWorker.Work {
  private static final int AT_ONCE = 100;
  private static final long LOOK_MILLIS = 200;

  private final Outbox outbox;
  private final ImageStore store;
  private final CrashPoint crash;

  OutboxRelay(Outbox outbox, ImageStore store, CrashPoint crash) {
    this.outbox = outbox;
    this.store = store;
    this.crash = crash;
  }

  @Override
  public void with(Connection connection)
      throws IOException, TimeoutException, SQLException, InterruptedException {
    EventPublisher publisher = EventPublisher.on(connection);
    while (true) {
      List<Outbox.Entry> entries = outbox.next(AT_ONCE);
      if (entries.isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
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
}
