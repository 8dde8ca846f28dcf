package io.fairlead.samples.aiplatform.events;

import com.google.protobuf.InvalidProtocolBufferException;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.fairlead.samples.aiplatform.api.events.ImageCaptured;
import io.fairlead.samples.aiplatform.common.CrashPoint;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Takes events in, one by one.
 *
 * <p>An event is acknowledged when what was made of it is stored. So none is lost, and one may come
 * again: after a crash between the two, after a broken connection, or if it was sent twice.
 */
public final class EventReader implements BrokerWorker.Work {
  private static final int AHEAD = 50;
  private static final long AGAIN_MILLIS = 200;

  /** What is made of an event. */
  @FunctionalInterface
  public interface Handler {
    /** Stores what is made of it. Does nothing the second time. */
    void take(ImageCaptured event) throws Exception;
  }

  private final Reader reader;
  private final CrashPoint crash;
  private final Handler handler;

  private EventReader(Reader reader, CrashPoint crash, Handler handler) {
    this.reader = reader;
    this.crash = crash;
    this.handler = handler;
  }

  /** Begins to read, and goes on until it is closed, whatever becomes of the broker. */
  public static BrokerWorker start(
      BrokerLink broker, Reader reader, CrashPoint crash, Handler handler) {
    return new BrokerWorker(broker, reader.queue(), new EventReader(reader, crash, handler));
  }

  @Override
  public void with(Connection connection) throws IOException, InterruptedException {
    CountDownLatch ended = new CountDownLatch(1);
    connection.addShutdownListener(why -> ended.countDown());
    Channel channel = connection.createChannel();
    Exchange.declare(channel);
    channel.basicQos(AHEAD);
    String unused = channel.basicConsume(reader.queue(), false, new Consumer(channel));
    ended.await();
  }

  private final class Consumer extends DefaultConsumer {
    Consumer(Channel channel) {
      super(channel);
    }

    @Override
    public void handleDelivery(
        String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body)
        throws IOException {
      crash.pass("received");
      long delivery = envelope.getDeliveryTag();
      try {
        handler.take(ImageCaptured.parseFrom(body));
      } catch (InvalidProtocolBufferException e) {
        getChannel().basicReject(delivery, false);
        return;
      } catch (Exception e) {
        System.getLogger(EventReader.class.getName())
            .log(System.Logger.Level.WARNING, "an event is put back", e);
        pause();
        getChannel().basicReject(delivery, true);
        return;
      }
      crash.pass("stored");
      getChannel().basicAck(delivery, false);
    }

    /** What failed now would fail at once again. */
    private void pause() {
      try {
        TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
