package io.fairlead.samples.aiplatform.events;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/** Where events go: its name, its queues, and how one connects to it. */
final class Exchange {
  static final String NAME = "vision.events";
  static final String CAPTURED = "image.captured";

  /** Takes what a reader cannot read, so that it does not come again and again. */
  private static final String DEAD = "vision.dead";

  private Exchange() {}

  /** Connects. Nothing is recovered behind our back: who lost a connection begins anew. */
  static Connection connect(BrokerLink broker, String who) throws IOException, TimeoutException {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost(broker.host());
    factory.setPort(broker.port());
    SSLContext tls = broker.tls();
    if (tls != null) {
      factory.useSslProtocol(tls);
      factory.enableHostnameVerification();
    }
    factory.setAutomaticRecoveryEnabled(false);
    factory.setConnectionTimeout(2_000);
    factory.setRequestedHeartbeat(5);
    return factory.newConnection(who);
  }

  /** Makes the exchange, and the queues of all readers: an event must find those that are away. */
  static void declare(Channel channel) throws IOException {
    var unusedExchange = channel.exchangeDeclare(NAME, BuiltinExchangeType.TOPIC, true);
    var unusedDead = channel.queueDeclare(DEAD, true, false, false, Map.of());
    Map<String, Object> settings =
        Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", DEAD);
    for (Reader reader : Reader.values()) {
      var unusedQueue = channel.queueDeclare(reader.queue(), true, false, false, settings);
      var unusedBinding = channel.queueBind(reader.queue(), NAME, CAPTURED);
    }
  }
}
