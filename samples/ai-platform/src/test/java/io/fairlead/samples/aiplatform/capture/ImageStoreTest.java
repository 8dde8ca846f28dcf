package io.fairlead.samples.aiplatform.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.image.Image;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
  @TempDir Path folder;

  private Path file;
  private Path keyFile;

  @BeforeEach
  void threeImages() throws Exception {
    file = folder.resolve("images");
    keyFile = ImageKey.make(folder.resolve("key"));
    try (ImageStore store = open()) {
      for (String id : List.of("a", "b", "c")) {
        assertThat(store.add(image(id))).isTrue();
      }
    }
  }

  private static Image image(String id) {
    return Image.newBuilder()
        .setId(id)
        .setContent(ByteString.copyFromUtf8("a picture of " + id))
        .build();
  }

  private ImageStore open() throws IOException {
    return ImageStore.open(file, ImageKey.read(keyFile));
  }

  private static List<String> ids(ImageStore store) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < store.size(); i++) {
      ids.add(store.get(i).getId());
    }
    return ids;
  }

  /** Each of the images takes the same number of bytes. */
  private int record() throws IOException {
    return (int) (Files.size(file) - ImageStore.HEAD_BYTES) / 3;
  }

  private void change(int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] = (byte) (bytes[at] ^ 1);
    Files.write(file, bytes);
  }

  @Test
  void whoReadsTheFileSeesNothingOfTheImages() throws Exception {
    assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("picture");
    try (ImageStore store = open()) {
      assertThat(ids(store)).containsExactly("a", "b", "c");
      assertThat(store.damaged()).isZero();
    }
  }

  @Test
  void anImageThatWasChangedIsLeftOutAndTheOthersAreThere() throws Exception {
    change(ImageStore.HEAD_BYTES + record() + record() / 2);
    try (ImageStore store = open()) {
      assertThat(ids(store)).containsExactly("a", "c");
      assertThat(store.damaged()).isEqualTo(1);
      assertThat(store.add(image("b"))).isTrue();
    }
    try (ImageStore store = open()) {
      assertThat(ids(store)).containsExactly("a", "c", "b");
      assertThat(store.damaged()).isEqualTo(1);
    }
  }

  @Test
  void imagesThatChangedPlacesAreLeftOut() throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    int body = record() - ImageStore.RECORD_HEAD_BYTES;
    int first = ImageStore.HEAD_BYTES + ImageStore.RECORD_HEAD_BYTES;
    byte[] swapped = bytes.clone();
    System.arraycopy(bytes, first, swapped, first + record(), body);
    System.arraycopy(bytes, first + record(), swapped, first, body);
    Files.write(file, swapped);
    try (ImageStore store = open()) {
      assertThat(ids(store)).containsExactly("c");
      assertThat(store.damaged()).isEqualTo(2);
    }
  }

  @Test
  void withAnotherKeyNothingIsTouchedAndBothKeysAreNamed() throws Exception {
    byte[] before = Files.readAllBytes(file);
    Path other = ImageKey.make(folder.resolve("other"));
    assertThatThrownBy(() -> ImageStore.open(file, ImageKey.read(other)))
        .isInstanceOf(ImageStore.WrongKeyException.class)
        .hasMessageMatching(
            "the images in .* are encrypted with the key [0-9a-f]{16}, and that in .*other is"
                + " [0-9a-f]{16}; start with the key that they were kept with");
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void aLengthThatWasChangedStopsTheStartAndCutsNothingOff() throws Exception {
    change(ImageStore.HEAD_BYTES + record());
    byte[] before = Files.readAllBytes(file);
    assertThatThrownBy(this::open)
        .isInstanceOf(ImageStore.DamagedFileException.class)
        .hasMessageContaining("the length of image 1 at byte");
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void aFileThatIsNoneOfImagesIsNotOverwritten() throws Exception {
    Files.writeString(file, "something else that is kept here");
    assertThatThrownBy(this::open)
        .isInstanceOf(ImageStore.DamagedFileException.class)
        .hasMessageContaining("does not begin as a file of images");
  }

  @Test
  void aFileThatIsNoKeySaysHowToMakeOne() throws Exception {
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> ImageKey.read(none))
        .hasMessageContaining("openssl rand -base64 32 > " + none);
    Files.writeString(none, "short");
    assertThatThrownBy(() -> ImageKey.read(none))
        .hasMessageContaining("is no key of 32 bytes in Base64; openssl rand -base64 32 > ");
  }
}
