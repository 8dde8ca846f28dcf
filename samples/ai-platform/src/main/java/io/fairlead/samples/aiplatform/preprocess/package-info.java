/** Makes images alike. */
@NullMarked
package io.fairlead.samples.aiplatform.preprocess;

import org.jspecify.annotations.NullMarked;
