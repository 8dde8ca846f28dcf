package io.fairlead.samples.aiplatform.common;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.models.Artifact;
import io.fairlead.samples.aiplatform.api.models.GetRequest;
import io.fairlead.samples.aiplatform.api.models.GetResponse;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.api.models.ListRequest;
import io.fairlead.samples.aiplatform.api.models.ModelRegistry;
import io.fairlead.samples.aiplatform.api.models.PutHeader;
import io.fairlead.samples.aiplatform.api.models.PutRequest;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whole files to and from the model registry. */
public final class Models {
  private static final int CHUNK = 64 * 1024;

  private final ModelRegistry registry;

  public Models(ModelRegistry registry) {
    this.registry = registry;
  }

  /** A file, and what is known of it. */
  public record Download(Artifact artifact, ByteString content) {}

  /** Stores a file. */
  public Artifact put(
      String name, Kind kind, int version, ByteString content, Map<String, String> labels) {
    List<PutRequest> parts = new ArrayList<>();
    parts.add(
        PutRequest.newBuilder()
            .setHeader(
                PutHeader.newBuilder()
                    .setName(name)
                    .setKind(kind)
                    .setVersion(version)
                    .setSha256(Hashes.sha256(content))
                    .putAllLabels(labels))
            .build());
    for (int from = 0; from < content.size(); from += CHUNK) {
      int to = Math.min(from + CHUNK, content.size());
      parts.add(PutRequest.newBuilder().setData(content.substring(from, to)).build());
    }
    return registry.put(Source.from(parts));
  }

  /** Returns what is stored under a name. */
  public List<Artifact> list(String name, Kind kind) {
    return registry
        .list(ListRequest.newBuilder().setName(name).setKind(kind).build())
        .getArtifactsList();
  }

  /** Returns a file; the version 0 stands for the latest. Empty if there is none. */
  public Optional<Download> find(String name, Kind kind, int version) {
    try {
      return Optional.of(get(name, kind, version));
    } catch (RpcException e) {
      if (e.code() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Returns a file that must be there; the version 0 stands for the latest. */
  public Download get(String name, Kind kind, int version) {
    GetRequest request =
        GetRequest.newBuilder().setName(name).setKind(kind).setVersion(version).build();
    Artifact artifact = Artifact.getDefaultInstance();
    ByteString content = ByteString.EMPTY;
    try (Source<GetResponse> parts = registry.get(request)) {
      for (GetResponse part : parts) {
        if (part.hasArtifact()) {
          artifact = part.getArtifact();
        } else {
          content = content.concat(part.getData());
        }
      }
    }
    String sha256 = Hashes.sha256(content);
    if (!sha256.equals(artifact.getSha256())) {
      throw new IllegalStateException(
          name + " arrived with the SHA-256 " + sha256 + " in place of " + artifact.getSha256());
    }
    return new Download(artifact, content);
  }
}
