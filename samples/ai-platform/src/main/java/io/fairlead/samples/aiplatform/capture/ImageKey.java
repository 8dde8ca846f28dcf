package io.fairlead.samples.aiplatform.capture;

import io.fairlead.samples.aiplatform.common.Hashes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key that stored images are encrypted with: 256 bits for AES-GCM, in Base64 in a file. One
 * thread uses it at a time.
 */
public final class ImageKey {
  /** How many bytes more an encrypted image has. */
  static final int OVERHEAD = 12 + 16;

  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int ID_BYTES = 8;

  private final SecretKeySpec key;
  private final byte[] id;
  private final Path file;
  private final SecureRandom random = new SecureRandom();

  private ImageKey(byte[] key, Path file) {
    this.key = new SecretKeySpec(key, "AES");
    this.file = file;
    MessageDigest digest = Hashes.sha256();
    digest.update("the id of an image key".getBytes(StandardCharsets.US_ASCII));
    this.id = Arrays.copyOf(digest.digest(key), ID_BYTES);
  }

  /** Reads the key in a file. */
  public static ImageKey read(Path file) throws IOException {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(Files.readString(file).strip());
    } catch (IllegalArgumentException e) {
      key = new byte[0];
    } catch (IOException e) {
      throw new IOException(
          "the key of the images cannot be read: " + e + "; " + howToMake(file), e);
    }
    if (key.length != KEY_BYTES) {
      throw new IOException(file + " is no key of 32 bytes in Base64; " + howToMake(file));
    }
    return new ImageKey(key, file);
  }

  private static String howToMake(Path file) {
    return "openssl rand -base64 32 > " + file + " makes one";
  }

  /** Makes a key in a new file that nobody else may read. */
  public static Path make(Path file) throws IOException {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    Path made =
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(made, Base64.getEncoder().encodeToString(key) + "\n");
  }

  /** Returns what tells keys apart. It says nothing of the key. */
  byte[] id() {
    return id.clone();
  }

  Path file() {
    return file;
  }

  /**
   * Encrypts an image.
   *
   * @param number its place in the file; at another place it cannot be decrypted
   */
  byte[] encrypt(byte[] image, long number) {
    try {
      byte[] nonce = new byte[NONCE_BYTES];
      random.nextBytes(nonce);
      ByteBuffer sealed = ByteBuffer.allocate(image.length + OVERHEAD).put(nonce);
      int unused =
          cipher(Cipher.ENCRYPT_MODE, nonce, number).doFinal(ByteBuffer.wrap(image), sealed);
      return sealed.array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("each JDK has AES-GCM", e);
    }
  }

  /**
   * Decrypts an image.
   *
   * @throws AEADBadTagException if it was changed, or stood at another place
   */
  byte[] decrypt(byte[] sealed, long number) throws AEADBadTagException {
    if (sealed.length < OVERHEAD) {
      throw new AEADBadTagException(sealed.length + " bytes are too few");
    }
    try {
      return cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(sealed, NONCE_BYTES), number)
          .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    } catch (AEADBadTagException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("each JDK has AES-GCM", e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, long number) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
    return cipher;
  }
}
