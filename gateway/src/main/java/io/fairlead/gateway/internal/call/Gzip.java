package io.fairlead.gateway.internal.call;

import io.fairlead.gateway.internal.http.RequestHead;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** The one compression that every client has. */
public final class Gzip {
  /** Its name in headers. */
  public static final String NAME = "gzip";

  /** Below it, compression costs more than it saves. */
  private static final int WHOLE_FROM = 1024;

  private Gzip() {}

  /** Returns whether a body that is sent as a whole is to be compressed for this request. */
  public static boolean suits(RequestHead request, int bytes) {
    return bytes >= WHOLE_FROM && isAccepted(request.header("accept-encoding"));
  }

  /** Compresses. */
  public static byte[] compress(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 2 + 32);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Decompresses at most so many bytes; more of them end with RESOURCE_EXHAUSTED. */
  public static byte[] decompress(byte[] bytes, int limit) {
    try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      byte[] plain = gzip.readNBytes(limit);
      if (gzip.read() >= 0) {
        throw tooLarge(limit);
      }
      return plain;
    } catch (IOException e) {
      throw Status.INVALID_ARGUMENT
          .withDescription("the message is not in gzip's format: " + e.getMessage())
          .asRuntimeException();
    }
  }

  /** A message is above the limit. */
  public static StatusRuntimeException tooLarge(int limit) {
    return Status.RESOURCE_EXHAUSTED
        .withDescription("a request is larger than the " + limit + " bytes that the server takes")
        .withCause(new TooLarge())
        .asRuntimeException();
  }

  /** Returns whether a status says that a request was above the limit of the server. */
  public static boolean saysTooLarge(Status status) {
    return status.getCause() instanceof TooLarge;
  }

  private static final class TooLarge extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLarge() {
      super("a request is too large", null, false, false);
    }
  }

  /** Returns whether a header such as {@code Accept-Encoding} asks for it. */
  static boolean isAccepted(String header) {
    for (String each : header.split(",", -1)) {
      String[] parts = each.trim().split(";", -1);
      if (parts[0].trim().equalsIgnoreCase(NAME)) {
        return parts.length == 1 || !parts[1].replace(" ", "").matches("q=0(\\.0*)?");
      }
    }
    return false;
  }

  /** Returns whether a header of a message says gzip; UNIMPLEMENTED for what nobody knows here. */
  public static boolean isUsed(String header) {
    if (header.isEmpty() || header.equals("identity")) {
      return false;
    }
    if (header.equals(NAME)) {
      return true;
    }
    throw Status.UNIMPLEMENTED
        .withDescription(
            "the compression \"" + header + "\" is not known; use one of gzip, identity")
        .asRuntimeException();
  }
}
