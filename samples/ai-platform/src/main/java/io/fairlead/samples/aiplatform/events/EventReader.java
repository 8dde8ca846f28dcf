package io.fairlead.samples.aiplatform.events;

import com.google.protobuf.InvalidProtocolBufferException;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import io.fairlead.samples.aiplatform.api.events.ImageCaptured;
import io.fairlead.samples.aiplatform.common.CrashPoint;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes events in, one by one, on a thread of its own.
 *
 * <p>An event is acknowledged when what was made of it is stored. So none is lost, and one may come
 * again: after a crash between the two, after a broken connection, or if it was sent twice.
 */
public final class EventReader implements AutoCloseable {
  private static final int AHEAD = 50;
  private static final long AGAIN_MILLIS = 200;

  /** What is made of an event. */
  @FunctionalInterface
  public interface Handler {
    /** Stores what is made of it. Does nothing the second time. */
    void take(ImageCaptured event) throws Exception;
  }

  private final URI broker;
  private final Reader reader;
  private final CrashPoint crash;
  private final Handler handler;
  private final Thread thread;

  /** Begins to read, and goes on until it is closed, whatever becomes of the broker. */
  public EventReader(URI broker, Reader reader, CrashPoint crash, Handler handler) {
    this.broker = broker;
    this.reader = reader;
    this.crash = crash;
    this.handler = handler;
    this.thread = new Thread(this::work, "events");
    thread.setDaemon(true);
    thread.start();
  }

  private void work() {
    try {
      while (true) {
        try {
          read();
        } catch (IOException | TimeoutException | ShutdownSignalException e) {
          System.getLogger(EventReader.class.getName())
              .log(System.Logger.Level.INFO, "the broker is away: {0}", e.toString());
        }
        TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads until the connection ends. */
  private void read() throws IOException, TimeoutException, InterruptedException {
    Connection connection = Exchange.connect(broker, reader.queue());
    try {
      CountDownLatch ended = new CountDownLatch(1);
      connection.addShutdownListener(why -> ended.countDown());
      Channel channel = connection.createChannel();
      Exchange.declare(channel);
      channel.basicQos(AHEAD);
      String unused = channel.basicConsume(reader.queue(), false, new Consumer(channel));
      ended.await();
    } finally {
      connection.abort();
    }
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
