from typing import Any, Dict

from hitl_tui import BaseAgent

class RobustInteractionAgent(BaseAgent):
    def process(self, inputs: Dict[str, Any]) -> Any:
        try:
            return self.create_interaction(inputs)
        except Exception as e:
            self.logger.error(f"Failed to create interaction: {e}")
            
            # Fallback to automated processing
            self.logger.info("Falling back to automated processing")
            return self.automated_fallback(inputs)
    
    def create_interaction(self, inputs: Dict[str, Any]) -> Dict[str, Any]:
        # Validate inputs before creating interaction
        if not self.validate_inputs(inputs):
            raise ValueError("Invalid inputs for interaction")
        
        # Create and display interaction
        request = self.build_interaction_request(inputs)
        self.interaction_handler.display_interaction_request(request)
        
        return {"status": "interaction_created", "request_id": str(request.id)}
    
    def automated_fallback(self, inputs: Dict[str, Any]) -> Dict[str, Any]:
        # Implement safe automated processing
        return {
            "status": "automated_processing",
            "result": self.safe_automatic_process(inputs),
            "note": "Human interaction unavailable, used automated fallback"
        }
