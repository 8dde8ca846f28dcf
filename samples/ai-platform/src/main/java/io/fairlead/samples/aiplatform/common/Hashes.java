package io.fairlead.samples.aiplatform.common;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256: the name of whatever is stored by its content. */
public final class Hashes {
  private Hashes() {}

  /** Returns the SHA-256 of the bytes, in hexadecimal. */
  public static String sha256(ByteString bytes) {
    MessageDigest digest = sha256();
    digest.update(bytes.asReadOnlyByteBuffer());
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Returns a fresh digest, for bytes that come in parts. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("each JDK has SHA-256", e);
    }
  }
}
