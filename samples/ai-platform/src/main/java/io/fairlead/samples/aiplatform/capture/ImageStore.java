package io.fairlead.samples.aiplatform.capture;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.samples.aiplatform.api.image.Image;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Images in a file that only grows: each is written behind the last one, with its length before it.
 * A process that is killed leaves at most one image half written, and that is cut off at the next
 * start.
 */
final class ImageStore implements AutoCloseable {
  private final FileChannel file;
  private final OutputStream end;

  /** Where each image is in the list, by its id. */
  private final Map<String, Integer> places = new HashMap<>();

  /** In memory too: a replay of thousands of small images should not wait for a disk. */
  private final List<Image> images = new ArrayList<>();

  private ImageStore(FileChannel file) {
    this.file = file;
    this.end = new BufferedOutputStream(Channels.newOutputStream(file));
  }

  static ImageStore open(Path path) throws IOException {
    Files.createDirectories(path.toAbsolutePath().getParent());
    long complete = 0;
    List<Image> found = new ArrayList<>();
    if (Files.exists(path)) {
      try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
        Image image;
        while ((image = next(in)) != null) {
          found.add(image);
          complete += lengthOnDisk(image);
        }
      }
    }
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    file.truncate(complete);
    file.position(complete);
    ImageStore store = new ImageStore(file);
    for (Image image : found) {
      store.places.put(image.getId(), store.images.size());
      store.images.add(image);
    }
    return store;
  }

  /** Returns the next image; null at the end, also if the last one was only half written. */
  private static @Nullable Image next(InputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    try {
      int size = CodedInputStream.readRawVarint32(first, in);
      byte[] bytes = in.readNBytes(size);
      // Checked here: bytes that end between two fields would be read as a smaller image.
      return bytes.length == size ? Image.parseFrom(bytes) : null;
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  private static long lengthOnDisk(Image image) {
    int size = image.getSerializedSize();
    return CodedOutputStream.computeUInt32SizeNoTag(size) + (long) size;
  }

  /** Keeps an image; false if it is here already. */
  synchronized boolean add(Image image) {
    if (places.putIfAbsent(image.getId(), images.size()) != null) {
      return false;
    }
    try {
      image.writeDelimitedTo(end);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep image " + image.getId(), e);
    }
    images.add(image);
    return true;
  }

  /** Returns when all that was added is on disk. */
  synchronized void flush() {
    try {
      end.flush();
      file.force(false);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the images to disk", e);
    }
  }

  synchronized int size() {
    return images.size();
  }

  synchronized Image get(int index) {
    return images.get(index);
  }

  /** Returns an image that must be here. */
  synchronized Image find(String id) {
    Integer place = places.get(id);
    if (place == null) {
      throw new IllegalArgumentException("the image " + id + " is not here");
    }
    return images.get(place);
  }

  @Override
  public synchronized void close() throws IOException {
    end.close();
  }
}
