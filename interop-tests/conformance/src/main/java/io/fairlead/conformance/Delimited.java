package io.fairlead.conformance;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Messages with their size in front, four bytes in network order: how the runner talks. */
final class Delimited {
  private Delimited() {}

  /** The next message, or null at the end. */
  static <T extends Message> @Nullable T read(InputStream in, Parser<T> parser) throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    DataInputStream data = new DataInputStream(in);
    int size = first << 24 | data.readUnsignedByte() << 16 | data.readUnsignedShort();
    byte[] bytes = data.readNBytes(size);
    if (bytes.length < size) {
      throw new EOFException("a message of " + size + " bytes ended after " + bytes.length);
    }
    return parser.parseFrom(bytes);
  }

  static void write(Message message, OutputStream out) throws IOException {
    DataOutputStream data = new DataOutputStream(out);
    data.writeInt(message.getSerializedSize());
    message.writeTo(data);
    data.flush();
  }
}
