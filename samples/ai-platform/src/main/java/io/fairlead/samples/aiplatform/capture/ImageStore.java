package io.fairlead.samples.aiplatform.capture;

import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.samples.aiplatform.api.image.Image;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import javax.crypto.AEADBadTagException;

/**
 * Images in a file that only grows, each encrypted for itself.
 *
 * <p>The file begins with a mark and the id of its key. An image has its length, a checksum of
 * that, and its encrypted bytes. A process that is killed leaves at most one image half written,
 * and that is cut off at the next start. An image whose bytes were changed is left out and counted;
 * a length that was changed stops the start, as nobody could tell where the next image begins.
 */
final class ImageStore implements AutoCloseable {
  /** The size of what stands before the first image. */
  static final int HEAD_BYTES = 12;

  /** The size of what stands before each image. */
  static final int RECORD_HEAD_BYTES = 8;

  private static final byte[] MARK = {'I', 'M', 'G', '1'};

  private final FileChannel file;
  private final DataOutputStream end;
  private final ImageKey key;

  /** Where each image is in the list, by its id. */
  private final Map<String, Integer> places = new HashMap<>();

  /** In memory too: a replay of thousands of small images should not wait for a disk. */
  private final List<Image> images = new ArrayList<>();

  /** How many images the file has, those that cannot be read too. */
  private long written;

  private final int damaged;

  private ImageStore(FileChannel file, ImageKey key, Found found) {
    this.file = file;
    this.end = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(file)));
    this.key = key;
    this.written = found.records;
    this.damaged = found.damaged;
    for (Image image : found.images) {
      places.put(image.getId(), images.size());
      images.add(image);
    }
  }

  /** The images are encrypted with another key. */
  static final class WrongKeyException extends IOException {
    private static final long serialVersionUID = 1;

    WrongKeyException(Path images, byte[] id, ImageKey key) {
      super(
          "the images in "
              + images
              + " are encrypted with the key "
              + HexFormat.of().formatHex(id)
              + ", and that in "
              + key.file()
              + " is "
              + HexFormat.of().formatHex(key.id())
              + "; start with the key that they were kept with");
    }
  }

  /** It cannot be told where images begin. */
  static final class DamagedFileException extends IOException {
    private static final long serialVersionUID = 1;

    DamagedFileException(Path images, String what) {
      super(images + " is damaged: " + what + "; put back a copy of it");
    }
  }

  /** What a file has. */
  private static final class Found {
    private final List<Image> images = new ArrayList<>();
    private long records;
    private int damaged;

    /** Where the last whole image ends. */
    private long complete;
  }

  static ImageStore open(Path path, ImageKey key) throws IOException {
    Files.createDirectories(path.toAbsolutePath().getParent());
    Found found = new Found();
    if (Files.exists(path)) {
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
        read(path, in, key, found);
      }
    }
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    file.truncate(found.complete);
    file.position(found.complete);
    ImageStore store = new ImageStore(file, key, found);
    if (found.complete == 0) {
      store.end.write(MARK);
      store.end.write(key.id());
      store.flush();
    }
    return store;
  }

  private static void read(Path path, InputStream in, ImageKey key, Found found)
      throws IOException {
    byte[] head = in.readNBytes(HEAD_BYTES);
    if (head.length < HEAD_BYTES) {
      return;
    }
    if (!Arrays.equals(Arrays.copyOf(head, MARK.length), MARK)) {
      throw new DamagedFileException(path, "it does not begin as a file of images");
    }
    byte[] id = Arrays.copyOfRange(head, MARK.length, HEAD_BYTES);
    if (!Arrays.equals(id, key.id())) {
      throw new WrongKeyException(path, id, key);
    }
    found.complete = HEAD_BYTES;
    while (true) {
      byte[] recordHead = in.readNBytes(RECORD_HEAD_BYTES);
      if (recordHead.length < RECORD_HEAD_BYTES) {
        return;
      }
      ByteBuffer numbers = ByteBuffer.wrap(recordHead);
      int length = numbers.getInt();
      if (numbers.getInt() != checksum(found.records, length)) {
        throw new DamagedFileException(
            path, "the length of image " + found.records + " at byte " + found.complete);
      }
      byte[] sealed = in.readNBytes(length);
      if (sealed.length < length) {
        return;
      }
      try {
        found.images.add(Image.parseFrom(key.decrypt(sealed, found.records)));
      } catch (AEADBadTagException | InvalidProtocolBufferException e) {
        found.damaged++;
        System.getLogger(ImageStore.class.getName())
            .log(
                System.Logger.Level.ERROR,
                "image {0} at byte {1} of {2} was changed, and is left out",
                found.records,
                found.complete,
                path);
      }
      found.records++;
      found.complete += RECORD_HEAD_BYTES + (long) length;
    }
  }

  /** Of the place of an image and its length. */
  private static int checksum(long number, int length) {
    CRC32 checksum = new CRC32();
    checksum.update(ByteBuffer.allocate(12).putLong(number).putInt(length).flip());
    return (int) checksum.getValue();
  }

  /** Keeps an image; false if it is here already. */
  synchronized boolean add(Image image) {
    if (places.putIfAbsent(image.getId(), images.size()) != null) {
      return false;
    }
    try {
      byte[] sealed = key.encrypt(image.toByteArray(), written);
      end.writeInt(sealed.length);
      end.writeInt(checksum(written, sealed.length));
      end.write(sealed);
      written++;
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

  /** Returns how many images were left out because their bytes were changed. */
  int damaged() {
    return damaged;
  }

  synchronized int size() {
    return images.size();
  }

  synchronized Image get(int index) {
    return images.get(index);
  }

  synchronized boolean has(String id) {
    return places.containsKey(id);
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
