/** What several services of the platform need. */
@NullMarked
package io.fairlead.samples.aiplatform.common;

import org.jspecify.annotations.NullMarked;
