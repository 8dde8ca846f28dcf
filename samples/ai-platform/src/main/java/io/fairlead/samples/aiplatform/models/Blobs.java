package io.fairlead.samples.aiplatform.models;

import io.fairlead.samples.aiplatform.common.Hashes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Files that are named by their SHA-256. What has such a name is complete, and never changes. */
final class Blobs {
  private final Path folder;

  Blobs(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  InputStream read(String sha256) throws IOException {
    return Files.newInputStream(folder.resolve(sha256));
  }

  void delete(String sha256) throws IOException {
    Files.deleteIfExists(folder.resolve(sha256));
  }

  Upload upload() throws IOException {
    return new Upload(Files.createTempFile(folder, "upload", ".part"));
  }

  /** Bytes on their way to become a file. */
  final class Upload implements AutoCloseable {
    private final Path part;
    private final OutputStream out;
    private final MessageDigest digest = Hashes.sha256();
    private long size;

    private Upload(Path part) throws IOException {
      this.part = part;
      this.out = Files.newOutputStream(part);
    }

    void add(byte[] bytes) throws IOException {
      out.write(bytes);
      digest.update(bytes);
      size += bytes.length;
    }

    long size() {
      return size;
    }

    /** Gives it its name, which it gets only once it is on disk. */
    String finish() throws IOException {
      out.close();
      String sha256 = HexFormat.of().formatHex(digest.digest());
      try (FileChannel file = FileChannel.open(part, StandardOpenOption.WRITE)) {
        file.force(true);
      }
      Files.move(part, folder.resolve(sha256), StandardCopyOption.ATOMIC_MOVE);
      return sha256;
    }

    /** Leaves nothing behind of an upload that did not finish. */
    @Override
    public void close() throws IOException {
      out.close();
      Files.deleteIfExists(part);
    }
  }
}
