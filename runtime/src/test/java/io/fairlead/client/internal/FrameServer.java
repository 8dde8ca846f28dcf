package io.fairlead.client.internal;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** Speaks raw HTTP/2 frames, to say exactly what a server said when it left. */
final class FrameServer implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int REFUSED_STREAM = 7;
  static final int NO_ERROR = 0;
  static final int ENHANCE_YOUR_CALM = 11;

  /** What to do when a request's headers have come. */
  interface OnRequest {
    void answer(int stream, Wire wire) throws IOException;
  }

  /** One connection, seen from the server. */
  static final class Wire {
    private final Socket socket;
    private final OutputStream out;

    Wire(Socket socket) throws IOException {
      this.socket = socket;
      this.out = socket.getOutputStream();
    }

    void frame(int type, int flags, int stream, byte[] payload) throws IOException {
      ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
      frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
      frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
      out.write(frame.array());
      out.flush();
    }

    void reset(int stream, int code) throws IOException {
      frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(code).array());
    }

    void goAway(int lastStream, int code) throws IOException {
      frame(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(lastStream).putInt(code).array());
    }

    void cut() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  final AtomicInteger requests = new AtomicInteger();
  private final ServerSocket listener;
  private final OnRequest onRequest;

  private FrameServer(OnRequest onRequest) throws IOException {
    this.onRequest = onRequest;
    this.listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::accept, "frame-server");
    thread.setDaemon(true);
    thread.start();
  }

  static FrameServer start(OnRequest onRequest) throws IOException {
    return new FrameServer(onRequest);
  }

  String target() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        Thread thread = new Thread(() -> serve(socket), "frame-server-connection");
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      Wire wire = new Wire(socket);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      in.readFully(new byte[24]);
      wire.frame(SETTINGS, 0, 0, new byte[0]);
      while (true) {
        int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = new byte[length];
        in.readFully(payload);
        if (type == SETTINGS && (flags & 1) == 0) {
          wire.frame(SETTINGS, 1, 0, new byte[0]);
        } else if (type == PING && (flags & 1) == 0) {
          wire.frame(PING, 1, 0, payload);
        } else if (type == HEADERS) {
          requests.incrementAndGet();
          onRequest.answer(stream, wire);
        }
      }
    } catch (IOException e) {
      // The client or the test closed the connection.
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
