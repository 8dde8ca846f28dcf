/** Starts the platform, plays its story, and checks the figures. */
@NullMarked
package io.fairlead.samples.aiplatform.story;

import org.jspecify.annotations.NullMarked;
