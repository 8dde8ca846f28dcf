package io.fairlead.registry.etcd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** Writes a file so that its name always stands for a whole one: the old, or the new. */
final class AtomicFile {
  private AtomicFile() {}

  /** Replaces the file, and makes its directory if there is none. */
  static void replace(Path file, String header, byte[] body) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Files.createDirectories(directory);
    // Of its own: other processes may save their files in the same directory.
    Path fresh = Files.createTempFile(directory, "list-", ".new");
    try (FileChannel out =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      drain(out, header.getBytes(StandardCharsets.UTF_8));
      drain(out, body);
      // Before the name points to it, or a power cut leaves an empty file under the good name.
      out.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void drain(FileChannel out, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      out.write(buffer);
    }
  }

  /** Returns what tells a body that is whole from one that is not. */
  static String checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Long.toHexString(crc.getValue());
  }
}
