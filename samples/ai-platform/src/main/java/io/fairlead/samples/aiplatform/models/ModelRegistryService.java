package io.fairlead.samples.aiplatform.models;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.models.Artifact;
import io.fairlead.samples.aiplatform.api.models.DeployRequest;
import io.fairlead.samples.aiplatform.api.models.Deployment;
import io.fairlead.samples.aiplatform.api.models.GetRequest;
import io.fairlead.samples.aiplatform.api.models.GetResponse;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.api.models.ListRequest;
import io.fairlead.samples.aiplatform.api.models.ListResponse;
import io.fairlead.samples.aiplatform.api.models.ModelRegistry;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.models.PutHeader;
import io.fairlead.samples.aiplatform.api.models.PutRequest;
import io.fairlead.samples.aiplatform.api.models.WatchRequest;
import io.fairlead.samples.aiplatform.common.LinkSecurity;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Models: what is known of them in etcd, their bytes in files. */
public final class ModelRegistryService implements ModelRegistry {
  private static final int CHUNK = 64 * 1024;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9.-]{1,80}");

  /** A watcher sees what another process of the registry changed after this long at the latest. */
  private static final long LOOK_MILLIS = 500;

  private final Metadata metadata;
  private final Blobs blobs;
  private final Object deployed = new Object();

  ModelRegistryService(Metadata metadata, Blobs blobs) {
    this.metadata = metadata;
    this.blobs = blobs;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    try (ServiceProcess process = ServiceProcess.open(settings)) {
      Metadata metadata =
          process.keep(
              new Metadata(
                  settings.etcd(),
                  link -> process.tls().map(LinkSecurity::files).map(link::tls).orElse(link)));
      Blobs blobs = new Blobs(settings.data().resolve("blobs"));
      process.serve(
          ModelRegistryRpc.SERVICE_NAME,
          ModelRegistryRpc.bind(new ModelRegistryService(metadata, blobs)));
    }
  }

  @Override
  public Artifact put(Source<PutRequest> parts) {
    PutRequest first = parts.read();
    if (first == null || !first.hasHeader()) {
      throw refused("an upload begins with its header");
    }
    PutHeader header = first.getHeader();
    requireName(header.getName());
    if (header.getKind() == Kind.KIND_UNSPECIFIED) {
      throw refused("the upload of " + header.getName() + " does not say of which kind it is");
    }
    try (Blobs.Upload upload = blobs.upload()) {
      PutRequest part;
      while ((part = parts.read()) != null) {
        upload.add(part.getData().toByteArray());
      }
      String sha256 = upload.finish();
      if (!sha256.equals(header.getSha256())) {
        blobs.delete(sha256);
        throw refused(
            "the bytes of "
                + header.getName()
                + " have the SHA-256 "
                + sha256
                + ", and the header says \""
                + header.getSha256()
                + "\"");
      }
      Artifact.Builder artifact =
          Artifact.newBuilder()
              .setName(header.getName())
              .setKind(header.getKind())
              .setVersion(header.getVersion())
              .setSha256(sha256)
              .setSize(upload.size())
              .putAllLabels(header.getLabelsMap());
      return header.getKind() == Kind.MODEL ? addModel(artifact) : replaceCheckpoint(artifact);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot store " + header.getName(), e);
    }
  }

  /** Takes the next free number; somebody else may take it first. */
  private Artifact addModel(Artifact.Builder artifact) {
    while (true) {
      List<Artifact> known = models(artifact.getName());
      for (Artifact each : known) {
        if (each.getSha256().equals(artifact.getSha256())) {
          return each;
        }
      }
      Artifact next = artifact.setVersion(known.size() + 1).build();
      String key = "%s/versions/%06d".formatted(next.getName(), next.getVersion());
      if (metadata.putIf(key, next.toByteString(), 0).isPresent()) {
        return next;
      }
    }
  }

  /** An older checkpoint never takes the place of a newer one: of two trainers, one gives up. */
  private Artifact replaceCheckpoint(Artifact.Builder artifact) throws IOException {
    Artifact next = artifact.build();
    Optional<Metadata.Entry> entry = metadata.get(checkpointKey(next.getName()));
    Optional<Artifact> before = entry.map(ModelRegistryService::artifact);
    if (before.isPresent()) {
      if (before.get().getSha256().equals(next.getSha256())) {
        return before.get();
      }
      if (before.get().getVersion() >= next.getVersion()) {
        blobs.delete(next.getSha256());
        throw overtaken(next, before.get().getVersion());
      }
    }
    long revision = entry.map(Metadata.Entry::revision).orElse(0L);
    if (metadata.putIf(checkpointKey(next.getName()), next.toByteString(), revision).isEmpty()) {
      blobs.delete(next.getSha256());
      throw overtaken(next, next.getVersion());
    }
    if (before.isPresent()) {
      blobs.delete(before.get().getSha256());
    }
    return next;
  }

  private static StatusRuntimeException overtaken(Artifact checkpoint, int version) {
    return RpcException.answer(
        Status.Code.ABORTED,
        "epoch "
            + version
            + " of "
            + checkpoint.getName()
            + " is here already; another trainer works on the same job");
  }

  @Override
  public Source<GetResponse> get(GetRequest request) {
    Artifact artifact = find(request);
    return Source.from(
        out -> {
          out.send(GetResponse.newBuilder().setArtifact(artifact).build());
          try (InputStream in = blobs.read(artifact.getSha256())) {
            byte[] bytes = in.readNBytes(CHUNK);
            while (bytes.length > 0) {
              out.send(GetResponse.newBuilder().setData(ByteString.copyFrom(bytes)).build());
              bytes = in.readNBytes(CHUNK);
            }
          }
        });
  }

  private Artifact find(GetRequest request) {
    requireName(request.getName());
    List<Artifact> known = list(request.getName(), request.getKind());
    int wanted = request.getVersion();
    return known.stream()
        .filter(each -> wanted == 0 || each.getVersion() == wanted)
        .reduce((earlier, later) -> later)
        .orElseThrow(
            () ->
                RpcException.answer(
                    Status.Code.NOT_FOUND,
                    "there is no "
                        + request.getKind().name().toLowerCase(Locale.ROOT)
                        + " "
                        + request.getName()
                        + (wanted == 0 ? "" : " of version " + wanted)
                        + "; there are "
                        + known.size()));
  }

  @Override
  public ListResponse list(ListRequest request) {
    requireName(request.getName());
    return ListResponse.newBuilder()
        .addAllArtifacts(list(request.getName(), request.getKind()))
        .build();
  }

  private List<Artifact> list(String name, Kind kind) {
    return kind == Kind.CHECKPOINT
        ? metadata.get(checkpointKey(name)).map(ModelRegistryService::artifact).stream().toList()
        : models(name);
  }

  private List<Artifact> models(String name) {
    return metadata.list(name + "/versions/").stream().map(ModelRegistryService::artifact).toList();
  }

  @Override
  public Deployment deploy(DeployRequest request) {
    requireName(request.getName());
    requireVersion(request.getName(), request.getStableVersion());
    int percent = request.getCanaryPercent();
    if (request.getCanaryVersion() != 0) {
      requireVersion(request.getName(), request.getCanaryVersion());
    }
    if (percent < 0 || percent > 100 || (percent > 0 && request.getCanaryVersion() == 0)) {
      throw refused(
          "canary_percent is "
              + percent
              + "; it is 0 to 100, and above 0 there must be a canary_version");
    }
    Deployment wanted =
        Deployment.newBuilder()
            .setName(request.getName())
            .setStableVersion(request.getStableVersion())
            .setCanaryVersion(request.getCanaryVersion())
            .setCanaryPercent(percent)
            .build();
    OptionalLong revision =
        metadata.putIf(
            deploymentKey(request.getName()), wanted.toByteString(), request.getExpectedRevision());
    if (revision.isEmpty()) {
      Deployment present = deployment(request.getName()).orElse(Deployment.getDefaultInstance());
      throw RpcException.answer(
          Status.Code.ABORTED,
          "the deployment of "
              + request.getName()
              + " was changed: it has the revision "
              + present.getRevision()
              + ", and "
              + request.getExpectedRevision()
              + " was expected; look at it, and decide again",
          present);
    }
    synchronized (deployed) {
      deployed.notifyAll();
    }
    return wanted.toBuilder().setRevision(revision.getAsLong()).build();
  }

  @Override
  public Source<Deployment> watch(WatchRequest request) {
    requireName(request.getName());
    CallContext call = CallContext.current();
    return Source.from(
        out -> {
          long seen = 0;
          while (!call.isCancelled()) {
            Optional<Deployment> now = deployment(request.getName());
            if (now.isPresent() && now.get().getRevision() != seen) {
              out.send(now.get());
              seen = now.get().getRevision();
            }
            synchronized (deployed) {
              deployed.wait(LOOK_MILLIS);
            }
          }
        });
  }

  private Optional<Deployment> deployment(String name) {
    return metadata.get(deploymentKey(name)).map(ModelRegistryService::deployment);
  }

  private static Deployment deployment(Metadata.Entry entry) {
    try {
      return Deployment.parseFrom(entry.value()).toBuilder().setRevision(entry.revision()).build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a deployment in etcd cannot be read", e);
    }
  }

  private static Artifact artifact(Metadata.Entry entry) {
    try {
      return Artifact.parseFrom(entry.value());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an artifact in etcd cannot be read", e);
    }
  }

  private void requireVersion(String name, int version) {
    if (models(name).stream().noneMatch(each -> each.getVersion() == version)) {
      throw RpcException.answer(
          Status.Code.NOT_FOUND, "there is no version " + version + " of the model " + name);
    }
  }

  private static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw refused("\"" + name + "\" is no name; it is 1 to 80 letters, digits, dots and dashes");
    }
  }

  private static StatusRuntimeException refused(String why) {
    return RpcException.answer(Status.Code.INVALID_ARGUMENT, why);
  }

  private static String checkpointKey(String name) {
    return name + "/checkpoint";
  }

  private static String deploymentKey(String name) {
    return name + "/deployment";
  }
}
