package io.fairlead.testkit;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection on which a test chooses each frame, of either side. It answers nothing by
 * itself, not even settings and pings. What is written is sent by {@link #flush} or by the next
 * read.
 *
 * <p>One thread uses it at a time. Whoever opens it closes it.
 */
public final class FrameConnection implements AutoCloseable {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int PRIORITY = 2;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int CONTINUATION = 9;

  public static final int ACK = 1;
  public static final int END_STREAM = 1;
  public static final int END_HEADERS = 4;

  private static final int BUFFER = 1 << 16;
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  /** What one frame said. */
  public record Frame(int type, int flags, int stream, ByteBuffer payload) {
    /** Returns the four bytes at this place as a number, e.g. the code of a reset. */
    public int number(int at) {
      return payload.getInt(at);
    }

    /** Returns what follows these bytes, as text. */
    public String text(int from) {
      return StandardCharsets.UTF_8.decode(payload.duplicate().position(from)).toString();
    }
  }

  private FrameConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER));
    this.out = new BufferedOutputStream(socket.getOutputStream(), BUFFER);
  }

  /** Connects to a port of this machine, and says nothing yet. */
  public static FrameConnection to(int port) throws IOException {
    return over(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** Speaks on a socket that is connected, with TLS or without. A read waits a minute at most. */
  public static FrameConnection over(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(60_000);
    return new FrameConnection(socket);
  }

  /** Connects to a port and says what an honest client says first. */
  public static FrameConnection greeting(int port) throws IOException {
    FrameConnection connection = to(port);
    connection.preface();
    connection.frame(SETTINGS, 0, 0);
    connection.frame(SETTINGS, ACK, 0);
    return connection;
  }

  /** Writes the words with which a client begins. */
  public void preface() throws IOException {
    raw(PREFACE.getBytes(StandardCharsets.US_ASCII));
  }

  /** Reads the words with which a client begins. */
  public void awaitPreface() throws IOException {
    in.readFully(new byte[PREFACE.length()]);
  }

  /** Writes bytes as they are. */
  public void raw(byte... bytes) throws IOException {
    out.write(bytes);
  }

  /** Writes a frame whose length is that of its payload. */
  public void frame(int type, int flags, int stream, byte... payload) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(9);
    head.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    head.put((byte) type).put((byte) flags).putInt(stream);
    out.write(head.array());
    out.write(payload);
  }

  /** Writes a frame whose payload is one number: a reset, or credit for a window. */
  public void number(int type, int stream, int value) throws IOException {
    frame(type, 0, stream, ByteBuffer.allocate(4).putInt(value).array());
  }

  /** Writes a good-bye. */
  public void goAway(int lastStream, int code) throws IOException {
    frame(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(lastStream).putInt(code).array());
  }

  /** Writes settings, given as names and values in turn. */
  public void settings(int... namesAndValues) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(namesAndValues.length / 2 * 6);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      payload.putShort((short) namesAndValues[i]).putInt(namesAndValues[i + 1]);
    }
    frame(SETTINGS, 0, 0, payload.array());
  }

  /** Writes the headers of a call, with more of them if wanted, as names and values in turn. */
  public void call(int stream, String path, String... more) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(
        headers(
            ":method",
            "POST",
            ":scheme",
            "http",
            ":path",
            path,
            ":authority",
            "test",
            "te",
            "trailers",
            "content-type",
            "application/grpc"));
    block.writeBytes(headers(more));
    frame(HEADERS, END_HEADERS, stream, block.toByteArray());
  }

  /** Returns headers as text that no table remembers, from names and values in turn. */
  public static byte[] headers(String... namesAndValues) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      block.write(0);
      text(block, namesAndValues[i]);
      text(block, namesAndValues[i + 1]);
    }
    return block.toByteArray();
  }

  private static void text(ByteArrayOutputStream block, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      while (rest >= 128) {
        block.write((rest & 127) | 128);
        rest >>>= 7;
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  /** Returns a message of a call as it is sent: whether it is compressed, its length, itself. */
  public static byte[] message(boolean compressed, byte... content) {
    return ByteBuffer.allocate(5 + content.length)
        .put((byte) (compressed ? 1 : 0))
        .putInt(content.length)
        .put(content)
        .array();
  }

  public void flush() throws IOException {
    out.flush();
  }

  /** Returns the next frame, or null when the other side has closed the connection. */
  public @Nullable Frame next() throws IOException {
    try {
      flush();
    } catch (SocketException closed) {
      // What the other side said before it closed can still be read.
    }
    try {
      int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      return new Frame(type, flags, stream, ByteBuffer.wrap(payload));
    } catch (EOFException | SocketException closed) {
      return null;
    }
  }

  /** Returns the next frame of a type, and drops those before it. */
  public Frame await(int type) throws IOException {
    for (Frame frame = next(); frame != null; frame = next()) {
      if (frame.type() == type) {
        return frame;
      }
    }
    throw new EOFException("the connection was closed before a frame of type " + type);
  }

  /**
   * Reads to the end of the connection. Returns the code and the text of the other side's last
   * good-bye, as in {@code "11 too_many_pings"}, or {@code "closed"} if it said none.
   */
  public String awaitEnd() throws IOException {
    String said = "closed";
    for (Frame frame = next(); frame != null; frame = next()) {
      if (frame.type() == GOAWAY) {
        said = (frame.number(4) + " " + frame.text(8)).strip();
      }
    }
    return said;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
