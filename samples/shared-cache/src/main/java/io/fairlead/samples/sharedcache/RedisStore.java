package io.fairlead.samples.sharedcache;

import io.fairlead.policy.ResponseStore;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.net.SocketFactory;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Keeps responses in Redis, over one connection on which commands follow each other without a wait
 * for replies.
 *
 * <p>A connection that fails is closed, and the next command makes another one. The channel leaves
 * a store that fails alone for a second, so that a Redis that is down sees one attempt a second.
 * Commands are written on the threads that the channel gives, which may block.
 */
public final class RedisStore implements ResponseStore, AutoCloseable {
  private static final int CONNECT_MILLIS = 1_000;

  private final InetSocketAddress address;
  private final String prefix;
  private final SocketFactory sockets;

  /** Guarded by this. */
  private @Nullable Connection connection;

  /** Guarded by this. */
  private boolean closed;

  /**
   * @param prefix of all keys, so that several applications may share a Redis
   */
  RedisStore(InetSocketAddress address, String prefix) {
    this(address, prefix, SocketFactory.getDefault());
  }

  /**
   * @param prefix of all keys, so that several applications may share a Redis
   * @param sockets of an SSLContext for connections with TLS; the certificate of Redis must then
   *     name its host
   */
  public RedisStore(InetSocketAddress address, String prefix, SocketFactory sockets) {
    this.address = address;
    this.prefix = prefix;
    this.sockets = sockets;
  }

  @Override
  public CompletionStage<byte @Nullable []> get(String key) {
    return send("GET".getBytes(StandardCharsets.US_ASCII), bytes(prefix + key));
  }

  @Override
  public CompletionStage<?> put(String key, byte[] value, Duration timeToLive) {
    long millis = Math.max(1, timeToLive.toMillis());
    return send(bytes("SET"), bytes(prefix + key), value, bytes("PX"), bytes("" + millis));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private CompletionStage<byte @Nullable []> send(byte[]... command) {
    try {
      return open().send(command);
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private synchronized Connection open() throws IOException {
    if (closed) {
      throw new IOException("the store is closed");
    }
    Connection now = connection;
    if (now == null || now.isBroken()) {
      now = Connection.to(address, sockets);
      connection = now;
    }
    return now;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (connection != null) {
      connection.fail(new IOException("the store is closed"));
    }
  }

  @Override
  public String toString() {
    return "redis at " + address.getHostString() + ":" + address.getPort();
  }

  /** One connection: commands go out in order, and replies come back in the same. */
  private static final class Connection {
    private final Socket socket;
    private final OutputStream out;

    /** What the next replies are for. Guarded by this. */
    private final Deque<CompletableFuture<byte @Nullable []>> pending = new ArrayDeque<>();

    /** Guarded by this. */
    private @Nullable IOException broken;

    private Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.out = new BufferedOutputStream(socket.getOutputStream());
    }

    static Connection to(InetSocketAddress address, SocketFactory sockets) throws IOException {
      Socket socket = sockets.createSocket();
      try {
        socket.setTcpNoDelay(true);
        socket.connect(address, CONNECT_MILLIS);
        if (socket instanceof SSLSocket tls) {
          shakeHands(tls);
        }
        Connection made = new Connection(socket);
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        Thread reader = new Thread(() -> made.read(in), "redis-reader");
        reader.setDaemon(true);
        reader.start();
        return made;
      } catch (IOException e) {
        socket.close();
        throw e;
      }
    }

    private static void shakeHands(SSLSocket socket) throws IOException {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm(
          "HTTPS"); // a client of sockets verifies no name
      socket.setSSLParameters(parameters);
      socket.setSoTimeout(CONNECT_MILLIS);
      socket.startHandshake();
      socket.setSoTimeout(0);
    }

    synchronized boolean isBroken() {
      return broken != null;
    }

    /** Writes a command as an array of strings, each with its length. */
    CompletionStage<byte @Nullable []> send(byte[]... command) {
      CompletableFuture<byte @Nullable []> reply = new CompletableFuture<>();
      IOException failure = null;
      synchronized (this) {
        if (broken != null) {
          return CompletableFuture.failedFuture(broken);
        }
        pending.add(reply);
        try {
          out.write(bytes("*" + command.length + "\r\n"));
          for (byte[] part : command) {
            out.write(bytes("$" + part.length + "\r\n"));
            out.write(part);
            out.write(bytes("\r\n"));
          }
          out.flush();
        } catch (IOException e) {
          failure = e;
        }
      }
      if (failure != null) {
        fail(failure);
      }
      return reply;
    }

    private void read(DataInputStream in) {
      try {
        while (true) {
          String line = line(in);
          byte[] value = null;
          if (line.startsWith("$")) {
            int length = Integer.parseInt(line.substring(1));
            if (length >= 0) {
              value = in.readNBytes(length);
              line(in);
            }
          }
          CompletableFuture<byte @Nullable []> reply;
          synchronized (this) {
            reply = pending.poll();
          }
          if (reply == null) {
            throw new IOException("Redis sent \"" + line + "\", and nothing was asked");
          } else if (line.startsWith("-")) {
            reply.completeExceptionally(new IOException("Redis says: " + line.substring(1)));
          } else {
            reply.complete(value);
          }
        }
      } catch (IOException | NumberFormatException e) {
        fail(e instanceof IOException broke ? broke : new IOException("no reply of Redis", e));
      }
    }

    private static String line(DataInputStream in) throws IOException {
      StringBuilder text = new StringBuilder();
      for (int next = in.readUnsignedByte(); next != '\n'; next = in.readUnsignedByte()) {
        if (next != '\r') {
          text.append((char) next);
        }
      }
      return text.toString();
    }

    /** Closes the connection, and fails what waits for a reply. */
    void fail(IOException why) {
      Deque<CompletableFuture<byte @Nullable []>> lost;
      synchronized (this) {
        if (broken == null) {
          broken = why;
        }
        lost = new ArrayDeque<>(pending);
        pending.clear();
      }
      try {
        socket.close();
      } catch (IOException e) {
        why.addSuppressed(e);
      }
      lost.forEach(reply -> reply.completeExceptionally(why));
    }
  }
}
