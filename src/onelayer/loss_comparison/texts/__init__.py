"""What a comparison of losses says, in English and in Chinese."""
