package io.fairlead.samples.aiplatform.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.samples.aiplatform.api.models.Artifact;
import io.fairlead.samples.aiplatform.api.models.DeployRequest;
import io.fairlead.samples.aiplatform.api.models.Deployment;
import io.fairlead.samples.aiplatform.api.models.GetRequest;
import io.fairlead.samples.aiplatform.api.models.Kind;
import io.fairlead.samples.aiplatform.api.models.ModelRegistry;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.models.PutHeader;
import io.fairlead.samples.aiplatform.api.models.PutRequest;
import io.fairlead.samples.aiplatform.api.models.WatchRequest;
import io.fairlead.samples.aiplatform.common.Models;
import io.fairlead.server.RpcServer;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelRegistryServiceTest {
  private static final ByteString ONE = ByteString.copyFrom(new byte[200_000]);
  private static final ByteString TWO = ByteString.copyFromUtf8("another model");

  @TempDir Path folder;
  private EmbeddedEtcd etcd;
  private Metadata metadata;
  private RpcServer server;
  private RpcChannel channel;
  private ModelRegistry registry;
  private Models models;

  @BeforeEach
  void start() throws IOException {
    etcd = EmbeddedEtcd.start();
    metadata = new Metadata(etcd.endpoint());
    server =
        RpcServer.builder("models")
            .port(0)
            .service(ModelRegistryRpc.bind(new ModelRegistryService(metadata, new Blobs(folder))))
            .start();
    channel = RpcChannel.to("127.0.0.1:" + server.port()).build();
    registry = ModelRegistryRpc.client(channel);
    models = new Models(registry);
  }

  @AfterEach
  void stop() {
    channel.close();
    server.close();
    metadata.close();
    etcd.close();
  }

  private Artifact put(ByteString content) {
    return models.put("digits", Kind.MODEL, 0, content, Map.of("job", "1"));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void anUploadThatIsSentAgainIsTheSameVersion() {
    assertThat(put(ONE).getVersion()).isEqualTo(1);
    assertThat(put(TWO).getVersion()).isEqualTo(2);
    assertThat(put(ONE).getVersion()).isEqualTo(1);
    assertThat(models.get("digits", Kind.MODEL, 1).content()).isEqualTo(ONE);
    assertThat(models.get("digits", Kind.MODEL, 0).artifact().getVersion()).isEqualTo(2);
    assertThat(models.list("digits", Kind.MODEL)).hasSize(2);
  }

  @Test
  void anUploadWhoseBytesAreNotThoseOfItsHeaderLeavesNothing() throws Exception {
    PutRequest header =
        PutRequest.newBuilder()
            .setHeader(PutHeader.newBuilder().setName("digits").setKind(Kind.MODEL).setSha256("00"))
            .build();
    PutRequest data = PutRequest.newBuilder().setData(TWO).build();
    RpcException failure =
        catchThrowableOfType(
            RpcException.class, () -> registry.put(Source.from(List.of(header, data))));
    assertThat(failure.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(failure).hasMessageContaining("the header says \"00\"");
    assertThat(files()).isEmpty();
    assertThat(models.list("digits", Kind.MODEL)).isEmpty();
  }

  @Test
  void ofTwoTrainersOfOneJobTheSlowerGivesUp() throws Exception {
    Artifact fifth = models.put("job-1", Kind.CHECKPOINT, 5, ONE, Map.of());
    RpcException failure =
        catchThrowableOfType(
            RpcException.class, () -> models.put("job-1", Kind.CHECKPOINT, 4, TWO, Map.of()));
    assertThat(failure.code()).isEqualTo(Status.Code.ABORTED);
    assertThat(models.get("job-1", Kind.CHECKPOINT, 0).content()).isEqualTo(ONE);
    Artifact sixth = models.put("job-1", Kind.CHECKPOINT, 6, TWO, Map.of());
    assertThat(sixth.getVersion()).isEqualTo(6);
    assertThat(files()).contains(sixth.getSha256()).doesNotContain(fifth.getSha256());
  }

  @Test
  void aModelThatIsNotThereIsNotFound() {
    assertThat(models.find("digits", Kind.MODEL, 0)).isEmpty();
    Artifact unused = put(ONE);
    RpcException failure =
        catchThrowableOfType(
            RpcException.class,
            () ->
                registry
                    .get(
                        GetRequest.newBuilder()
                            .setName("digits")
                            .setKind(Kind.MODEL)
                            .setVersion(9)
                            .build())
                    .toList());
    assertThat(failure.code()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(failure).hasMessageContaining("no model digits of version 9; there are 1");
  }

  @Test
  void ofTwoDecisionsOnTheSameDeploymentTheSecondIsRefused() {
    Artifact unused = put(ONE);
    Artifact other = put(TWO);
    Promotion promotion = new Promotion(registry, "digits");
    Deployment canary = promotion.begin(promotion.first(1), 2, 10);
    Deployment decided = promotion.promote(canary);
    assertThat(decided.getStableVersion()).isEqualTo(2);
    RpcException failure =
        catchThrowableOfType(RpcException.class, () -> promotion.takeBack(canary));
    assertThat(failure.code()).isEqualTo(Status.Code.ABORTED);
    assertThat(failure.detail(Deployment.class)).contains(decided);
    assertThat(other.getVersion()).isEqualTo(2);
  }

  @Test
  void aPromotionWhoseRunnerIsGoneEndsWithTheOldVersionOrWithTheNewOne() {
    Artifact unused = put(ONE);
    Artifact other = put(TWO);
    Promotion promotion = new Promotion(registry, "digits");
    Deployment first = promotion.first(1);
    assertThat(promotion.recover()).as("before the first step").isEqualTo(first);
    Deployment canary = promotion.begin(first, other.getVersion(), 10);
    Deployment recovered = promotion.recover();
    assertThat(recovered.getStableVersion()).as("after the first step").isEqualTo(1);
    assertThat(recovered.getCanaryVersion()).isZero();
    assertThat(canary.getCanaryVersion()).isEqualTo(2);
    Deployment done = promotion.promote(promotion.begin(recovered, 2, 10));
    assertThat(promotion.recover()).as("after the last step").isEqualTo(done);
    assertThat(done.getStableVersion()).isEqualTo(2);
  }

  @Test
  void aVersionThatIsNotStoredIsNotDeployed() {
    RpcException failure =
        catchThrowableOfType(
            RpcException.class,
            () ->
                registry.deploy(
                    DeployRequest.newBuilder().setName("digits").setStableVersion(3).build()));
    assertThat(failure.code()).isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void watchersHearOfEachDeployment() {
    Artifact unused = put(ONE);
    Artifact other = put(TWO);
    Promotion promotion = new Promotion(registry, "digits");
    Deployment first = promotion.first(1);
    try (Source<Deployment> news =
        registry.watch(WatchRequest.newBuilder().setName("digits").build())) {
      assertThat(news.read()).isEqualTo(first);
      Deployment canary = promotion.begin(first, other.getVersion(), 10);
      assertThat(news.read()).isEqualTo(canary);
    }
  }
}
