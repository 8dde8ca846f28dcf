package io.fairlead.server.internal.service;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.rpc.ErrorDetailsProto;
import com.google.rpc.StatusProto;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.reflection.v1.FileDescriptorResponse;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Adds the standard types of error details to reflection, of either version.
 *
 * <p>A contract that uses them need not import them, and tools could then not print what an error
 * says. It looks at responses only, and changes those that say that the type is unknown. A type
 * that the services of the server have is never replaced.
 */
final class ReflectionInterceptor implements ServerInterceptor {
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return next.startCall(
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void sendMessage(R message) {
            super.sendMessage(completed(message, getMethodDescriptor()));
          }
        },
        headers);
  }

  /** Both versions are the same on the wire, so this one class reads and writes both. */
  private static <R> R completed(R message, MethodDescriptor<?, R> method) {
    try (InputStream wire = method.streamResponse(message)) {
      ServerReflectionResponse response = ServerReflectionResponse.parseFrom(wire);
      FileDescriptor missing = missing(response);
      if (missing == null && !response.hasFileDescriptorResponse()) {
        return message;
      }
      FileDescriptorResponse files =
          missing == null ? response.getFileDescriptorResponse() : withImports(missing);
      return method.parseResponse(
          response.toBuilder()
              .setFileDescriptorResponse(JsonNames.addTo(files))
              .build()
              .toByteString()
              .newInput());
    } catch (IOException e) {
      throw new UncheckedIOException("An answer of reflection is not readable", e);
    }
  }

  private static @Nullable FileDescriptor missing(ServerReflectionResponse response) {
    if (response.getErrorResponse().getErrorCode() != Status.Code.NOT_FOUND.value()) {
      return null;
    }
    ServerReflectionRequest asked = response.getOriginalRequest();
    return switch (asked.getMessageRequestCase()) {
      case FILE_CONTAINING_SYMBOL -> Files.BY_NAME.get(asked.getFileContainingSymbol());
      case FILE_BY_FILENAME -> Files.BY_NAME.get(asked.getFileByFilename());
      default -> null;
    };
  }

  private static FileDescriptorResponse withImports(FileDescriptor file) {
    Set<FileDescriptor> all = new LinkedHashSet<>();
    addWithImports(file, all);
    FileDescriptorResponse.Builder response = FileDescriptorResponse.newBuilder();
    all.forEach(each -> response.addFileDescriptorProto(each.toProto().toByteString()));
    return response.build();
  }

  private static void addWithImports(FileDescriptor file, Set<FileDescriptor> all) {
    if (all.add(file)) {
      file.getDependencies().forEach(each -> addWithImports(each, all));
    }
  }

  /** Loaded for the first tool that asks: a start would feel these descriptors. */
  private static final class Files {
    /** By the names of the files, and of the types in them. */
    static final Map<String, FileDescriptor> BY_NAME = files();

    private static Map<String, FileDescriptor> files() {
      Map<String, FileDescriptor> files = new HashMap<>();
      for (FileDescriptor file :
          List.of(ErrorDetailsProto.getDescriptor(), StatusProto.getDescriptor())) {
        files.put(file.getName(), file);
        file.getMessageTypes().forEach(type -> addTypes(files, type));
      }
      return Map.copyOf(files);
    }

    private static void addTypes(Map<String, FileDescriptor> files, Descriptor type) {
      files.put(type.getFullName(), type.getFile());
      type.getNestedTypes().forEach(nested -> addTypes(files, nested));
    }
  }
}
