package io.fairlead.telemetry;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file of lines that is replaced when it is full: {@code access.log} becomes {@code
 * access.log.1}, and so on. For one thread.
 *
 * <p>What fails closes the file; the next line opens it again, behind a line break if the last one
 * was cut. A file that cannot be moved away is written on.
 */
final class RotatingFile implements AccessLog.Sink {
  private final Path path;
  private final long maxBytes;
  private final int kept;
  private @Nullable OutputStream out;
  private long length;
  private boolean torn;

  RotatingFile(Path path, long maxBytes, int kept) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.kept = kept;
  }

  @Override
  public void write(String line) throws IOException {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    boolean done = false;
    try {
      if (out != null && length > 0 && length + bytes.length + 1 > maxBytes) {
        close();
        rotate();
      }
      OutputStream to = out == null ? open() : out;
      to.write(bytes);
      to.write('\n');
      length += bytes.length + 1;
      done = true;
    } finally {
      if (!done) {
        abandon();
      }
    }
  }

  @Override
  public void flush() throws IOException {
    boolean done = false;
    try {
      if (out != null) {
        out.flush();
      }
      done = true;
    } finally {
      if (!done) {
        abandon();
      }
    }
  }

  private OutputStream open() throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    OutputStream opened =
        new BufferedOutputStream(
            Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
            64 * 1024);
    out = opened;
    length = Files.size(path);
    if (torn) {
      opened.write('\n');
      length++;
      torn = false;
    }
    return opened;
  }

  /** Moves each file to the next number; the last one is replaced. */
  private void rotate() {
    try {
      for (int i = kept - 1; i >= 1; i--) {
        move(numbered(i), numbered(i + 1));
      }
      if (kept > 0) {
        move(path, numbered(1));
      } else {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      // Better a file that is too long than no lines.
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    } catch (NoSuchFileException e) {
      // Not written yet, or removed by somebody else.
    }
  }

  private Path numbered(int number) {
    return path.resolveSibling(path.getFileName() + "." + number);
  }

  private void abandon() {
    OutputStream broken = out;
    out = null;
    torn = true;
    if (broken != null) {
      try {
        broken.close();
      } catch (IOException e) {
        // It has failed already.
      }
    }
  }

  @Override
  public void close() throws IOException {
    OutputStream open = out;
    out = null;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
