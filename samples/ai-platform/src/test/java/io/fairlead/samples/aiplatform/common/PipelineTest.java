package io.fairlead.samples.aiplatform.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.samples.aiplatform.api.capture.Capture;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.features.Features;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.image.FeatureVector;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.NormalizedImage;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.api.preprocess.NormalizeResult;
import io.fairlead.samples.aiplatform.api.preprocess.Preprocess;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.server.RpcServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PipelineTest {
  private static final int IMAGES = 300;
  private static final int BOUND = 8;

  private final AtomicInteger failAt = new AtomicInteger(-1);
  private final RpcServer server =
      RpcServer.builder("stages")
          .port(0)
          .service(CaptureRpc.bind(new Images()))
          .service(PreprocessRpc.bind(new EveryTenthIsBad()))
          .service(FeaturesRpc.bind(new FailingFeatures()))
          .start();
  private final RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build();
  private final Pipeline pipeline =
      new Pipeline(
          CaptureRpc.client(channel),
          PreprocessRpc.client(channel),
          FeaturesRpc.client(channel),
          BOUND);

  @AfterEach
  void stop() {
    channel.close();
    server.close();
  }

  private static final class Images implements Capture {
    @Override
    public Source<Image> replay(ReplayRequest request) {
      return Source.from(
          out -> {
            for (int i = 0; i < IMAGES; i++) {
              out.send(Image.newBuilder().setId(Integer.toString(i)).build());
            }
          });
    }
  }

  private static final class EveryTenthIsBad implements Preprocess {
    @Override
    public Source<NormalizeResult> normalizeAll(Source<Image> images) {
      return images.map(
          image -> {
            NormalizeResult.Builder result = NormalizeResult.newBuilder();
            if (Integer.parseInt(image.getId()) % 10 == 0) {
              result.setRejection(Rejections.of(image.getId(), Problem.CORRUPT, "bad"));
            } else {
              result.setImage(NormalizedImage.newBuilder().setId(image.getId()));
            }
            return result.build();
          });
    }
  }

  private final class FailingFeatures implements Features {
    @Override
    public Source<FeatureVector> extractAll(Source<NormalizedImage> images) {
      return images.map(
          image -> {
            if (Integer.parseInt(image.getId()) == failAt.get()) {
              throw new IllegalStateException("no features");
            }
            return FeatureVector.newBuilder().setId(image.getId()).build();
          });
    }
  }

  @Test
  void allGoodImagesArriveInOrderAndNeverMoreThanTheBoundAreUnderWay() throws Exception {
    List<Integer> read = new ArrayList<>();
    pipeline.run(Split.ALL, vector -> read.add(Integer.parseInt(vector.getId())));
    assertThat(read).hasSize(IMAGES * 9 / 10).isSorted().doesNotHaveDuplicates();
    assertThat(pipeline.rejections()).hasSize(IMAGES / 10);
    assertThat(pipeline.peak()).isPositive().isLessThanOrEqualTo(BOUND);
    assertThat(pipeline.underWay()).isZero();
  }

  @Test
  void aStageThatFailsEndsThePipeline() {
    failAt.set(55);
    List<String> read = new ArrayList<>();
    assertThatThrownBy(() -> pipeline.run(Split.ALL, vector -> read.add(vector.getId())))
        .hasMessageContaining("vision.features.v1.Features/ExtractAll");
    assertThat(read).doesNotContain("55");
    assertThat(pipeline.taken()).isLessThan(IMAGES);
  }
}
