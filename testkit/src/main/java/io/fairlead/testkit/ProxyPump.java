package io.fairlead.testkit;

import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Carries the bytes of one direction of one connection: a reader, so that each piece has its moment
 * of arrival, and a writer that lets it go when the faults allow.
 */
final class ProxyPump {
  private static final int PIECE_BYTES = 16 * 1024;
  private static final int PIECES = 64;
  private static final byte[] NONE = {};

  private final ProxyConnection connection;
  private final Socket from;
  private final Socket to;
  private final LinkFaults faults;
  private final BlockingQueue<Piece> pieces = new ArrayBlockingQueue<>(PIECES);
  private volatile @Nullable Thread reader;
  private volatile @Nullable Thread writer;

  ProxyPump(ProxyConnection connection, Socket from, Socket to, LinkFaults faults) {
    this.connection = connection;
    this.from = from;
    this.to = to;
    this.faults = faults;
  }

  void start(String name) {
    reader = ProxyThreads.start(name + "-read", this::read);
    writer = ProxyThreads.start(name + "-write", this::write);
  }

  void stop() {
    interrupt(reader);
    interrupt(writer);
  }

  private static void interrupt(@Nullable Thread thread) {
    if (thread != null) {
      thread.interrupt();
    }
  }

  private void read() {
    try {
      byte[] buffer = new byte[PIECE_BYTES];
      for (int n = from.getInputStream().read(buffer);
          n >= 0;
          n = from.getInputStream().read(buffer)) {
        pieces.put(new Piece(Kind.BYTES, Arrays.copyOf(buffer, n)));
      }
      pieces.put(new Piece(Kind.END, NONE));
    } catch (IOException e) {
      passOnReset();
    } catch (InterruptedException e) {
      // The connection was reset; there is nobody left to tell.
    }
  }

  /** A reset travels as bytes do, so that a black hole swallows it too. */
  private void passOnReset() {
    try {
      pieces.put(new Piece(Kind.RESET, NONE));
    } catch (InterruptedException e) {
      // The connection was reset; there is nobody left to tell.
    }
  }

  private void write() {
    try {
      while (true) {
        Piece piece = pieces.take();
        faults.awaitDelivery(piece.arrivedNanos);
        if (piece.kind == Kind.RESET) {
          connection.failed();
          return;
        }
        if (piece.kind == Kind.END) {
          endOutput();
          return;
        }
        carry(piece.bytes);
      }
    } catch (IOException e) {
      connection.failed();
      swallow();
    } catch (InterruptedException e) {
      // The connection was reset.
    }
  }

  private void endOutput() throws IOException {
    if (!connection.isAbandoned()) {
      to.shutdownOutput();
      connection.directionEnded();
    }
  }

  private void carry(byte[] bytes) throws IOException {
    if (connection.isAbandoned()) {
      return;
    }
    LinkFaults.Allowance allowance = faults.take(bytes.length);
    to.getOutputStream().write(bytes, 0, allowance.bytes());
    if (allowance.thenCut()) {
      connection.reset();
    }
  }

  /** Keeps an abandoned connection's sender from noticing. */
  private void swallow() {
    try {
      while (connection.isAbandoned()) {
        pieces.take();
      }
    } catch (InterruptedException e) {
      // The connection was reset.
    }
  }

  private enum Kind {
    BYTES,
    END,
    RESET
  }

  private static final class Piece {
    final Kind kind;
    final byte[] bytes;
    final long arrivedNanos = System.nanoTime();

    Piece(Kind kind, byte[] bytes) {
      this.kind = kind;
      this.bytes = bytes;
    }
  }
}
