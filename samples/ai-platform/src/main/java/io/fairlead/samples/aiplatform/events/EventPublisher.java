package io.fairlead.samples.aiplatform.events;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;
import io.fairlead.samples.aiplatform.api.events.ImageCaptured;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Sends events to the broker. One thread uses it, for as long as its connection lives. */
public final class EventPublisher {
  private static final long CONFIRM_MILLIS = 10_000;

  private final Channel channel;

  private EventPublisher(Channel channel) {
    this.channel = channel;
  }

  /** Returns one on a connection. */
  public static EventPublisher on(Connection connection) throws IOException {
    Channel channel = connection.createChannel();
    Exchange.declare(channel);
    var unused = channel.confirmSelect();
    return new EventPublisher(channel);
  }

  /** Returns when the broker has all of these events on its disk. */
  public void publish(List<ImageCaptured> events)
      throws IOException, TimeoutException, InterruptedException {
    for (ImageCaptured event : events) {
      AMQP.BasicProperties properties =
          MessageProperties.MINIMAL_PERSISTENT_BASIC
              .builder()
              .messageId(event.getKey())
              .contentType("application/x-protobuf")
              .type(ImageCaptured.getDescriptor().getFullName())
              .build();
      channel.basicPublish(Exchange.NAME, Exchange.CAPTURED, properties, event.toByteArray());
    }
    channel.waitForConfirmsOrDie(CONFIRM_MILLIS);
  }
}
