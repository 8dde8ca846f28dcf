package io.fairlead.samples.aiplatform.events;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;
import io.fairlead.samples.aiplatform.api.events.ImageCaptured;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Sends events to the broker. One thread uses it. */
public final class EventPublisher implements AutoCloseable {
  private static final long CONFIRM_MILLIS = 10_000;

  private final Connection connection;
  private final Channel channel;

  private EventPublisher(Connection connection, Channel channel) {
    this.connection = connection;
    this.channel = channel;
  }

  /** Connects to the broker. */
  public static EventPublisher connect(URI broker, String who)
      throws IOException, TimeoutException {
    Connection connection = Exchange.connect(broker, who);
    try {
      Channel channel = connection.createChannel();
      Exchange.declare(channel);
      var unused = channel.confirmSelect();
      return new EventPublisher(connection, channel);
    } catch (IOException | RuntimeException e) {
      connection.abort();
      throw e;
    }
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

  @Override
  public void close() {
    connection.abort();
  }
}
